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
        JobServer otherApplication = world().otherApplication();
        String id = server.submit("sim:events=1").id();

        assertThat(otherApplication.bean().find(id)).isEmpty();
        assertThat(otherApplication.store().find(id, MemoryReservation.UNLIMITED))
                .isEmpty();
        assertThat(otherApplication.bean().list(100)).isEmpty();
        assertThat(otherApplication.store().revisions(Set.of(id))).isEmpty();
        assertThat(otherApplication.store().findDue(server.key(id))).isEmpty();
        assertThat(otherApplication.deliveries(id)).isEmpty();
        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> otherApplication.bean().cancel(id))
                        .type())
                .isEqualTo(ErrorType.NOT_FOUND);
        assertThat(otherApplication.store().cancel(id)).isEmpty();

        assertThat(server.status(id)).isEqualTo(JobStatus.QUEUED);
        assertThat(server.bean().list(100)).hasSize(1);
    }

    @Test
    default void applicationsMayUseTheSameIdempotencyKey() {
        JobServer server = world().server();
        JobServer otherApplication = world().otherApplication();

        String body = "{\"request\":" + JobServer.request("hi") + "}";

        Job one = server.submit("alice", "key", body);
        Job other = otherApplication.submit("alice", "key", body);

        assertThat(other.id()).isNotEqualTo(one.id());
        assertThat(otherApplication.submit("alice", "key", body).id()).isEqualTo(other.id());
    }

    @Test
    default void bytesAndRetentionAreCountedPerApplication() {
        JobServer server = world().server();
        JobServer otherApplication = world().otherApplication();
        String id = server.submitWithCallback("sim:events=1").id();
        server.step(id);
        world().sql("update claude_delivery set status = 'delivered'");

        assertThat(otherApplication.store().storedBytes()).isZero();
        otherApplication.store().correctStoredBytes();
        assertThat(otherApplication.store().deleteEndedBefore(Instant.MAX.minus(Duration.ofDays(366_000_000_000L))))
                .isZero();

        assertThat(otherApplication.store().storedBytes()).isZero();
        assertThat(server.store().storedBytes()).isPositive();
        assertThat(server.bean().find(id)).isPresent();
    }

    @Test
    default void anApplicationRunsItsOwnJobs() throws Exception {
        try (JobWorld real = world().real()) {
            JobServer otherApplication = real.otherApplication().start();
            JobServer server = real.server();
            String id = server.submit("sim:events=1").id();
            String theirs = otherApplication.submit("sim:events=1").id();
            otherApplication.awaitStatus(theirs, JobStatus.SUCCEEDED);
            // As after a start: a job without a task gets one from its own application.
            real.sql(
                    "delete from claude_job_task where task_instance = ?",
                    server.key(id).toString());
            otherApplication.store().runAll(real.task("others/claude-job"));

            assertThat(real.rows("claude_job_task where task_instance = '" + server.key(id) + "'"))
                    .isZero();
            assertThat(server.status(id)).isEqualTo(JobStatus.QUEUED);

            server.start();
            server.awaitStatus(id, JobStatus.SUCCEEDED);
        }
    }
}
