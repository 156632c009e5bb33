package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.stream.StreamStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of canceling jobs. */
interface CancelContract {

    String UNKNOWN = "job_00000000000000000000000000000000";

    JobWorld world();

    @Test
    default void aQueuedJobIsCanceledPermanently() {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();
        world().advance(Duration.ofSeconds(2));

        Job canceled = server.bean().cancel(id);

        assertThat(canceled.status()).isEqualTo(JobStatus.CANCELED);
        assertThat(canceled.endedAt()).contains(world().clock().instant().truncatedTo(ChronoUnit.MICROS));
        assertThat(canceled).isEqualTo(server.get(id));
        assertThat(server.ended()).containsExactly(canceled);
        assertThat(server.step(id)).isEmpty();
        assertThat(server.get(id)).isEqualTo(canceled);
        assertThat(world().requests()).isEmpty();
    }

    @Test
    default void aCanceledJobHasNoNextAttempt() {
        JobServer server = world().server();
        String id = server.submit("sim:status=529").id();
        server.step(id);

        Job canceled = server.bean().cancel(id);

        assertThat(canceled.status()).isEqualTo(JobStatus.CANCELED);
        assertThat(canceled.nextAttemptAt()).isEmpty();
        assertThat(server.step(id)).isEmpty();
        assertThat(world().requests()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sim:events=1", "sim:status=400", "sim:status=529"})
    default void anEndedJobCannotBeCanceled(String prompt) {
        JobServer server = world().server(new Tuning().maxAttempts(1));
        String id = server.submit(prompt).id();
        server.step(id);
        Job over = server.get(id);

        var refusal =
                catchThrowableOfType(ClaudeException.class, () -> server.bean().cancel(id));

        assertThat(refusal.type()).isEqualTo(ErrorType.CONFLICT);
        assertThat(refusal.errorMessage())
                .isEqualTo(id + " is already " + over.status() + ". Only a job that has not ended can be canceled");
        assertThat(server.get(id).json()).isEqualTo(over.json());
        assertThat(server.ended()).isEmpty();
    }

    @Test
    default void aCanceledJobCannotBeCanceledAgain() {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();
        server.bean().cancel(id);

        assertThat(catchThrowableOfType(
                                ClaudeException.class, () -> server.bean().cancel(id))
                        .errorMessage())
                .isEqualTo(id + " is already canceled. Only a job that has not ended can be canceled");
        assertThat(server.ended()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {UNKNOWN, "job_x", "", "batch_1"})
    default void anUnknownJobCannotBeCanceled(String id) {
        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> world().server().bean().cancel(id))
                        .type())
                .isEqualTo(ErrorType.NOT_FOUND);
    }

    @Test
    default void aCancelOnAnotherServerEndsTheAttemptAndClaudesAnswer() throws Exception {
        JobServer server = world().server();
        JobServer other = world().server();
        String id = server.submit("sim:events=3 stall_at=1").id();
        String untouched = server.submit("sim:events=3 stall_at=1").id();
        Future<Optional<Instant>> attempt = server.stepOnThread(id);
        Future<Optional<Instant>> untouchedAttempt = server.stepOnThread(untouched);
        server.awaitEvents(id);
        server.awaitEvents(untouched);
        Job canceled = other.bean().cancel(id);

        server.running().endCanceled();

        assertThat(attempt.get(20, TimeUnit.SECONDS)).isEmpty();
        assertThat(world().claude().await(counts -> counts.abortedMessages() == 1, Waiting.LIMIT))
                .isTrue();
        assertThat(server.get(id)).isEqualTo(canceled);
        assertThat(server.changes()).isEmpty();
        assertThat(server.status(untouched)).isEqualTo(JobStatus.RUNNING);
        assertThat(untouchedAttempt).isNotDone();
    }

    @Slow("several servers")
    @Test
    default void aCancelReachesTheServerThatRunsTheJob() throws Exception {
        try (JobWorld real = world().real()) {
            JobServer server = real.server().start();
            JobServer other = real.server();
            String here = server.submit("sim:events=3 stall_at=1").id();
            String there = server.submit("sim:events=3 stall_at=1").id();
            server.awaitEvents(here);
            server.awaitEvents(there);

            server.bean().cancel(here);
            other.bean().cancel(there);

            assertThat(real.claude().await(counts -> counts.abortedMessages() == 2, Duration.ofSeconds(10)))
                    .isTrue();
            Waiting.until(() -> real.rows("claude_job_task where task_instance like 'job%'") == 0);
            assertThat(server.status(here)).isEqualTo(JobStatus.CANCELED);
            assertThat(server.status(there)).isEqualTo(JobStatus.CANCELED);
            assertThat(server.stream(server.get(there)).orElseThrow().status()).isEqualTo(StreamStatus.CANCELED);
            assertThat(server.ended()).extracting(Job::id).containsExactly(here);
            assertThat(other.ended()).extracting(Job::id).containsExactly(there);
        }
    }

    @Test
    default void aCancelOnThisServerNeedsNoPoll() throws Exception {
        try (JobWorld real = world().real()) {
            JobServer server = real.server().start();
            Duration all = Duration.ZERO;
            for (int i = 1; i <= 8; i++) {
                int aborted = i;
                String id = server.submit("sim:events=3 stall_at=1").id();
                server.awaitEvents(id);
                long begin = System.nanoTime();
                server.bean().cancel(id);
                assertThat(real.claude().await(counts -> counts.abortedMessages() == aborted, Waiting.LIMIT))
                        .isTrue();
                all = all.plusNanos(System.nanoTime() - begin);
            }

            // With polls alone it would be one per second.
            assertThat(all).isLessThan(Duration.ofSeconds(4));
        }
    }

    @Test
    default void aCanceledStreamEndsItsJob() throws Exception {
        JobServer server = world().server();
        String id = server.submit("sim:events=3 stall_at=1").id();
        Future<Optional<Instant>> attempt = server.stepOnThread(id);

        server.awaitEvents(id).cancel();

        assertThat(attempt.get(20, TimeUnit.SECONDS)).isEmpty();
        assertThat(server.status(id)).isEqualTo(JobStatus.CANCELED);
        assertThat(server.get(id).endedAt()).isPresent();
        assertThat(server.changes()).extracting(Job::status).containsExactly(JobStatus.CANCELED);
        assertThat(world().claude().await(counts -> counts.abortedMessages() == 1, Waiting.LIMIT))
                .isTrue();
    }

    @Test
    default void aFailingObserverDelaysNothing() {
        JobServer server = world().server();
        server.whenEnded(job -> {
            throw new IllegalStateException("the observer's own");
        });
        String id = server.submit("sim:events=1").id();

        assertThat(server.bean().cancel(id).status()).isEqualTo(JobStatus.CANCELED);

        assertThat(server.ended()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"sim:events=3", "sim:events=3 error_at=1", "sim:events=3 error_at=1 error_type=permission_error"
            })
    default void theOutcomeOfAnAttemptAfterACancelIsDropped(String prompt) {
        JobServer server = world().server();
        JobServer other = world().server();
        String id = server.submitWithCallback(prompt).id();
        server.meanwhile(() -> other.bean().cancel(id));

        assertThat(server.step(id)).isEmpty();

        assertThat(server.get(id)).isEqualTo(other.ended().get(0));
        assertThat(server.status(id)).isEqualTo(JobStatus.CANCELED);
        assertThat(server.changes()).isEmpty();
        assertThat(server.deliveries(id)).hasSize(1);
    }
}
