package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.MemoryReservation;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests of two applications on one database. Each sees and runs only its own jobs. */
interface ApplicationsContract {

    JobWorld world();

    @Test
    default void jobsOfAnotherApplicationAreInvisible() {
        JobServer server = world().server();
        JobServer stranger = world().stranger();
        String id = server.submit("sim:events=1").id();

        assertThat(stranger.bean().find(id)).isEmpty();
        assertThat(stranger.store().find(id, MemoryReservation.UNLIMITED)).isEmpty();
        assertThat(stranger.bean().list(100)).isEmpty();
        assertThat(stranger.store().revisions(Set.of(id))).isEmpty();
        assertThat(stranger.store().findDue(server.key(id))).isEmpty();
        assertThat(stranger.deliveries(id)).isEmpty();
        assertThat(catchThrowableOfType(
                                ClaudeException.class, () -> stranger.bean().cancel(id))
                        .type())
                .isEqualTo(ErrorType.NOT_FOUND);
        assertThat(stranger.store().cancel(id)).isEmpty();

        assertThat(server.status(id)).isEqualTo(JobStatus.QUEUED);
        assertThat(server.bean().list(100)).hasSize(1);
    }

    @Test
    default void applicationsMayUseTheSameIdempotencyKey() {
        JobServer server = world().server();
        JobServer stranger = world().stranger();

        String body = "{\"request\":" + JobServer.request("hi") + "}";

        Job one = server.submit("alice", "key", body);
        Job other = stranger.submit("alice", "key", body);

        assertThat(other.id()).isNotEqualTo(one.id());
        assertThat(stranger.submit("alice", "key", body).id()).isEqualTo(other.id());
    }

    @Test
    default void bytesAndRetentionAreCountedPerApplication() {
        JobServer server = world().server();
        JobServer stranger = world().stranger();
        String id = server.submitWithCallback("sim:events=1").id();
        server.step(id);
        world().sql("update claude_delivery set status = 'delivered'");

        assertThat(stranger.store().storedBytes()).isZero();
        stranger.store().correctStoredBytes();
        assertThat(stranger.store().deleteEndedBefore(Instant.MAX.minus(Duration.ofDays(366_000_000_000L))))
                .isZero();

        assertThat(stranger.store().storedBytes()).isZero();
        assertThat(server.store().storedBytes()).isPositive();
        assertThat(server.bean().find(id)).isPresent();
    }

    @Test
    default void anApplicationRunsItsOwnJobs() throws Exception {
        try (JobWorld real = world().real()) {
            JobServer stranger = real.stranger().start();
            JobServer server = real.server();
            String id = server.submit("sim:events=1").id();
            String theirs = stranger.submit("sim:events=1").id();
            stranger.awaitStatus(theirs, JobStatus.SUCCEEDED);
            // As after a start: a job without a task gets one from its own application.
            real.sql(
                    "delete from claude_job_task where task_instance = ?",
                    server.key(id).toString());
            stranger.store().runAll(real.task("others/claude-job"));

            assertThat(real.rows("claude_job_task where task_instance = '" + server.key(id) + "'"))
                    .isZero();
            assertThat(server.status(id)).isEqualTo(JobStatus.QUEUED);

            server.start();
            server.awaitStatus(id, JobStatus.SUCCEEDED);
        }
    }
}
