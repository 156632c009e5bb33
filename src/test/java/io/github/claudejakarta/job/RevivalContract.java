package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.durable.FakeLease;
import io.github.claudejakarta.durable.TaskKey;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of retrying jobs that are dead or failed. */
interface RevivalContract {

    JobWorld world();

    @ParameterizedTest
    @ValueSource(strings = {"sim:status=400 times=2 key=k", "sim:status=529 times=2 key=k"})
    default void aDeadOrFailedJobIsRetriedFromTheBeginning(String prompt) {
        JobServer server = world().server(new Tuning().maxAttempts(1));
        String id = server.submit(prompt).id();
        server.step(id);
        Job over = server.get(id);

        Job retried = server.bean().retry(id);

        assertThat(retried)
                .isEqualTo(new Job(
                        id,
                        "local",
                        JobStatus.QUEUED,
                        over.revision() + 1,
                        0,
                        0,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        over.createdAt(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        false));
        assertThat(world().rows("claude_job_task where task_instance = '" + server.key(id) + "'"))
                .isEqualTo(1);
        server.step(id);
        assertThat(server.status(id)).isEqualTo(over.status());
        server.bean().retry(id);
        server.step(id);
        assertThat(server.status(id)).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(server.get(id).attempts()).isEqualTo(1);
        assertThat(world().requests()).hasSize(3);
    }

    @Test
    default void jobsWithAnotherStatusCannotBeRetried() throws Exception {
        JobServer server = world().server();
        String queued = server.submit("sim:events=1").id();
        String succeeded = server.submit("sim:events=1").id();
        server.step(succeeded);
        String canceled = server.submit("sim:events=1").id();
        server.bean().cancel(canceled);
        String running = server.submit("sim:events=3 stall_at=1").id();
        Future<Optional<Instant>> attempt = server.stepOnThread(running);
        server.awaitEvents(running);

        requireRejected(server, queued, "queued");
        requireRejected(server, succeeded, "succeeded");
        requireRejected(server, canceled, "canceled");
        requireRejected(server, running, "running");

        assertThat(attempt).isNotDone();
    }

    private static void requireRejected(JobServer server, String id, String status) {
        Job before = server.get(id);
        var refusal =
                catchThrowableOfType(ClaudeException.class, () -> server.bean().retry(id));
        assertThat(refusal.type()).isEqualTo(ErrorType.CONFLICT);
        assertThat(refusal.errorMessage())
                .isEqualTo(id + " is " + status + ". Only a dead or failed job can be retried");
        assertThat(server.get(id).json()).isEqualTo(before.json());
    }

    @Test
    default void anUnknownJobCannotBeRetried() {
        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> world().server().bean().retry(CancelContract.UNKNOWN))
                        .type())
                .isEqualTo(ErrorType.NOT_FOUND);
    }

    @Test
    default void theTaskOfAnEarlierRoundDoesNothing() {
        JobServer server = world().server();
        String id = server.submit("sim:status=400").id();
        TaskKey earlier = server.key(id);
        server.step(id);
        Job retried = server.bean().retry(id);

        assertThat(server.step(earlier, new FakeLease())).isEmpty();

        assertThat(server.get(id)).isEqualTo(retried);
        assertThat(server.streams()).hasSize(1);
        assertThat(world().requests()).hasSize(1);
        assertThat(world().rows("claude_job_task")).isEqualTo(2);
    }

    @Test
    default void theOutcomeOfAnAttemptOfAnEarlierRoundIsDropped() throws Exception {
        JobServer server = world().server(new Tuning().maxAttempts(1));
        JobServer other = world().server(new Tuning().maxAttempts(1));
        String id = server.submit("sim:events=1").id();
        var isDropped = new CountDownLatch(1);
        server.meanwhile(() -> {
            other.step(id);
            other.bean().retry(id);
            other.meanwhile(() -> Waiting.forLatch(isDropped));
            other.stepOnThread(id);
            other.awaitStatus(id, JobStatus.RUNNING);
        });

        assertThat(server.step(id)).isEmpty();

        assertThat(server.get(id).status()).isEqualTo(JobStatus.RUNNING);
        assertThat(server.get(id).attempts()).isEqualTo(1);
        assertThat(server.changes()).isEmpty();
        isDropped.countDown();
        other.awaitStatus(id, JobStatus.SUCCEEDED);
        assertThat(other.changes()).extracting(Job::status).startsWith(JobStatus.DEAD);
    }

    @Test
    default void aJobRetriedWhileItsOldTaskEndsIsRun() throws Exception {
        try (JobWorld real = world().real()) {
            JobServer server = real.server().start();
            server.whenEnded(job -> {
                if (job.status() == JobStatus.FAILED) {
                    server.bean().retry(job.id());
                }
            });

            String id = server.submit("sim:status=400 times=1 key=k").id();

            server.awaitStatus(id, JobStatus.SUCCEEDED);
            assertThat(server.get(id).attempts()).isEqualTo(1);
            Waiting.until(() -> real.rows("claude_job_task where task_instance like 'job%'") == 0);
        }
    }
}
