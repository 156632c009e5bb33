package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.durable.CuttableSource;
import io.github.claudejakarta.durable.FakeLease;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.stream.StreamStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests of several servers on one database: one server at a time runs a job, and a job survives its server. */
interface SharingContract {

    JobWorld world();

    private Instant now() {
        return world().clock().instant().truncatedTo(ChronoUnit.MICROS);
    }

    @Test
    default void anAbandonedJobIsStartedAgainAndCountsTheRestart() {
        JobServer server = world().server();
        JobServer next = world().server();
        String id = server.submit("sim:events=1").id();
        server.meanwhile(() -> next.step(id));

        assertThat(server.step(id)).isEmpty();

        Job job = server.get(id);
        assertThat(job.status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(job.attempts()).isEqualTo(2);
        assertThat(job.restarts()).isEqualTo(1);
        assertThat(job.error()).isEmpty();
        assertThat(next.changes()).extracting(Job::status).containsExactly(JobStatus.SUCCEEDED);
        assertThat(world().requests()).hasSize(2);
    }

    @Test
    default void aLateOutcomeOfAServerDeclaredDeadIsDropped() {
        JobServer server = world().server();
        JobServer next = world().server();
        String id = server.submitWithCallback("sim:events=1").id();
        server.meanwhile(() -> next.step(id));

        server.step(id);

        assertThat(next.stream(server.get(id))).isPresent();
        assertThat(server.changes()).isEmpty();
        assertThat(server.deliveries(id)).hasSize(1);
        assertThat(server.get(id).message().orElseThrow().json().getString("id"))
                .isEqualTo(next.stream(server.get(id))
                        .orElseThrow()
                        .message()
                        .json()
                        .getString("id"));
    }

    @Test
    default void aLateOutcomeIsDroppedWhileTheNextServerRunsTheJob() {
        JobServer server = world().server();
        JobServer next = world().server();
        String id = server.submit("sim:events=1").id();
        var isDropped = new CountDownLatch(1);
        next.meanwhile(() -> Waiting.forLatch(isDropped));
        server.meanwhile(() -> {
            next.stepOnThread(id);
            Waiting.until(() -> server.get(id).attempts() == 2);
        });

        assertThat(server.step(id)).isEmpty();

        assertThat(server.status(id)).isEqualTo(JobStatus.RUNNING);
        assertThat(server.changes()).isEmpty();
        isDropped.countDown();
        next.awaitStatus(id, JobStatus.SUCCEEDED);
    }

    @Test
    default void oneOfTwoServersThatFoundAJobBeginsIt() {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();
        DueJob found = server.store().findDue(server.key(id)).orElseThrow();

        assertThat(server.store().begin(found, 5, "stream_1")).contains(new AttemptId(server.key(id), 1, 5));
        assertThat(server.store().begin(found, 5, "stream_2")).isEmpty();

        assertThat(server.get(id).streamId()).contains("stream_1");
        assertThat(server.get(id).attempts()).isEqualTo(1);
    }

    @Test
    default void aServerDeclaredDeadBeforeItBeganBeginsNoAttempt() {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();
        DueJob found = server.store().findDue(server.key(id)).orElseThrow();
        AttemptId heirs = server.store().begin(found, 7, "stream_heir").orElseThrow();

        assertThat(server.store().begin(found, 5, "stream_late")).isEmpty();
        assertThat(server.store()
                        .endAbandoned(server.store().findDue(server.key(id)).orElseThrow(), 5, "{}"))
                .isEmpty();

        assertThat(server.store().stillRunning(Set.of(heirs))).containsExactly(heirs);
        assertThat(server.get(id).streamId()).contains("stream_heir");
    }

    @Test
    default void aTakeoverIsNotDelayedByAnAttemptThatHasJustBegun() {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();
        DueJob found = server.store().findDue(server.key(id)).orElseThrow();
        AttemptId late = server.store().begin(found, 5, "stream_late").orElseThrow();

        AttemptId heirs = server.store().begin(found, 7, "stream_heir").orElseThrow();

        assertThat(heirs.number()).isEqualTo(2);
        assertThat(server.get(id).restarts()).isEqualTo(1);
        assertThat(server.store().stillRunning(Set.of(late, heirs))).containsExactly(heirs);
        assertThat(server.store().end(late, JobStatus.FAILED, "{}", false)).isEmpty();
        assertThat(server.store().end(heirs, JobStatus.FAILED, "{}", false)).isPresent();
    }

    /** Another server has its task now. Removing the task would leave the job to no server. */
    @Test
    default void aLateServerLeavesTheTaskToTheNextServer() {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();
        var late = new FakeLease();
        server.store()
                .begin(server.store().findDue(server.key(id)).orElseThrow(), new FakeLease().token(), "stream_heir");

        assertThat(server.step(server.key(id), late)).isEmpty();

        assertThat(late.isLost()).isTrue();
        assertThat(world().requests()).isEmpty();
    }

    @Test
    default void anAttemptWhoseLeaseIsLostBeforeItBeginsSendsNothing() {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();
        var lost = new FakeLease();
        lost.lose();

        assertThat(server.step(server.key(id), lost)).isEmpty();

        assertThat(server.status(id)).isEqualTo(JobStatus.QUEUED);
        assertThat(world().requests()).isEmpty();
    }

    @Test
    default void aJobAbandonedTooOftenIsDead() {
        JobServer server = world().server(new Tuning().maxAttempts(2));
        String id = server.submitWithCallback("sim:events=1").id();
        world().sql("update claude_job set status = 'running', attempts = 2, restarts = 1");

        assertThat(server.step(id)).isEmpty();

        Job dead = server.get(id);
        assertThat(dead.status()).isEqualTo(JobStatus.DEAD);
        assertThat(dead.attempts()).isEqualTo(2);
        assertThat(dead.restarts()).isEqualTo(2);
        assertThat(dead.error().orElseThrow().kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(dead.error().orElseThrow().errorMessage())
                .contains("stopped or died")
                .contains("2 attempts");
        assertThat(dead.endedAt()).contains(now());
        assertThat(server.deliveries(id)).hasSize(1);
        assertThat(server.changes()).extracting(Job::status).containsExactly(JobStatus.DEAD);
        assertThat(world().requests()).isEmpty();
    }

    @Test
    default void aServerWithoutAHeartbeatStopsItsRequestAndLeavesTheJobToOthers() throws Exception {
        JobServer server = world().server();
        String id = server.submit("sim:events=3 stall_at=1 times=1 key=k").id();
        var lease = new FakeLease();
        Future<Optional<Instant>> attempt = server.stepOnThread(server.key(id), lease);
        server.awaitEvents(id);
        world().tick();
        assertThat(world().claude().counts().abortedMessages()).isZero();
        lease.lose();

        world().tick();

        assertThat(attempt.get(20, TimeUnit.SECONDS)).isEmpty();
        assertThat(world().claude().await(counts -> counts.abortedMessages() == 1, Waiting.LIMIT))
                .isTrue();
        assertThat(server.status(id)).isEqualTo(JobStatus.RUNNING);
        assertThat(server.changes()).isEmpty();
        world().server().step(id);
        assertThat(server.get(id).status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(server.get(id).restarts()).isEqualTo(1);
    }

    @Test
    default void aServerDeclaredDeadStopsAJobThatAnotherHasTakenOver() throws Exception {
        JobServer server = world().server();
        String id = server.submit("sim:events=3 stall_at=1 times=1 key=k").id();
        Future<Optional<Instant>> attempt = server.stepOnThread(id);
        server.awaitEvents(id);
        server.running().endCanceled();
        assertThat(world().claude().counts().abortedMessages()).isZero();
        world().server().step(id);

        server.running().endCanceled();

        assertThat(attempt.get(20, TimeUnit.SECONDS)).isEmpty();
        assertThat(world().claude().await(counts -> counts.abortedMessages() == 1, Waiting.LIMIT))
                .isTrue();
        assertThat(server.status(id)).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(server.changes()).isEmpty();
    }

    @Test
    default void aCompleteMessageIsStoredAlthoughTheHeartbeatIsLost() {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();
        var lease = new FakeLease();
        server.meanwhile(lease::lose);

        assertThat(server.step(server.key(id), lease)).isEmpty();

        assertThat(server.status(id)).isEqualTo(JobStatus.SUCCEEDED);
    }

    @Test
    default void anAttemptThatFailsDuringAStopIsRequeuedImmediately() {
        JobServer server = world().server(new Tuning().maxAttempts(1));
        String id = server.submit("sim:status=400 times=1 key=k").id();
        var lease = new FakeLease();
        lease.stop();

        assertThat(server.step(server.key(id), lease)).contains(now());

        Job job = server.get(id);
        assertThat(job.status()).isEqualTo(JobStatus.QUEUED);
        assertThat(job.attempts()).isEqualTo(1);
        assertThat(job.restarts()).isEqualTo(1);
        assertThat(job.nextAttemptAt()).contains(now());
        assertThat(job.error().orElseThrow().errorMessage()).contains("stopped");
        assertThat(job.error().orElseThrow().kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        world().server().step(id);
        assertThat(server.status(id)).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(server.get(id).restarts()).isEqualTo(1);
    }

    @Test
    default void anInterruptRequeuesTheJob() throws Exception {
        JobServer server = world().server();
        String id = server.submit("sim:events=3 stall_at=1").id();
        var next = new CompletableFuture<Optional<Instant>>();
        var thread = new Thread(() -> next.complete(server.step(id)));
        thread.start();
        server.awaitEvents(id);

        thread.interrupt();

        assertThat(next.get(20, TimeUnit.SECONDS)).contains(now());
        assertThat(server.status(id)).isEqualTo(JobStatus.QUEUED);
        assertThat(server.get(id).restarts()).isEqualTo(1);
    }

    @Test
    default void anAttemptThatSucceedsDuringAStopIsStored() {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();
        var lease = new FakeLease();
        lease.stop();

        assertThat(server.step(server.key(id), lease)).isEmpty();

        assertThat(server.status(id)).isEqualTo(JobStatus.SUCCEEDED);
    }

    @Slow("several servers")
    @Test
    default void twoServersShareManyJobsAndRunEachOnce() throws Exception {
        try (JobWorld real = world().real()) {
            JobServer one = real.server(new Tuning().maxConcurrent(4)).start();
            JobServer other = real.server(new Tuning().maxConcurrent(4)).start();
            var ids = new ArrayList<String>();
            for (int i = 0; i < 100; i++) {
                ids.add(one.submit("sim:events=1 first_us=10000").id());
                ids.add(other.submit("sim:events=1 first_us=10000").id());
            }

            Waiting.until(() -> real.rows("claude_job where status = 'succeeded'") == 200);

            List<Job> jobs = ids.stream().map(one::get).toList();
            assertThat(jobs).allSatisfy(job -> assertThat(job.attempts()).isEqualTo(1));
            assertThat(real.claude().counts().requests()).isEqualTo(200);
            long ofOne =
                    jobs.stream().filter(job -> one.stream(job).isPresent()).count();
            long ofOther =
                    jobs.stream().filter(job -> other.stream(job).isPresent()).count();
            assertThat(ofOne).isPositive();
            assertThat(ofOther).isPositive();
            assertThat(ofOne + ofOther).isEqualTo(200);
            Waiting.until(() -> one.ended().size() + other.ended().size() == 200);
            // A queue deletes a task after its method has returned.
            Waiting.until(() -> real.rows("claude_job_task where task_name = 'tests/claude-job'") == 0);
        }
    }

    @Test
    default void aJobBeginsImmediately() throws Exception {
        try (JobWorld real = world().real()) {
            JobServer server = real.server().start();
            server.awaitStatus(server.submit("sim:events=1").id(), JobStatus.SUCCEEDED);
            long begin = System.nanoTime();

            for (int i = 0; i < 20; i++) {
                server.awaitStatus(server.submit("sim:events=1").id(), JobStatus.SUCCEEDED);
            }

            // With polls alone it would be one per second.
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(12));
        }
    }

    @Slow("several servers")
    @Test
    default void aServerTakesOverFromADisconnectedOneAndTheyNeverSendConcurrently() throws Exception {
        try (JobWorld real = world().real()) {
            var wire = new CuttableSource(real.source());
            // A heartbeat that is long enough for a server that is slow for a moment.
            Tuning tuning = new Tuning().heartbeat(Duration.ofMillis(500));
            JobServer cutOff = real.server(tuning, real.through(wire)).start();
            String id = cutOff.submit("sim:events=3 stall_at=1 times=1 key=k").id();
            cutOff.awaitEvents(id);
            JobServer next = real.server(tuning).start();
            wire.cut();

            assertThat(real.claude().await(counts -> counts.requests() == 2, Waiting.LIMIT))
                    .isTrue();
            assertThat(real.claude().counts().abortedMessages()).isEqualTo(1);
            assertThat(real.claude().counts().openMessages()).isLessThanOrEqualTo(1);
            next.awaitStatus(id, JobStatus.SUCCEEDED);
            wire.mend();

            Job job = next.get(id);
            assertThat(job.attempts()).isEqualTo(2);
            assertThat(job.restarts()).isEqualTo(1);
            assertThat(next.stream(job)).isPresent();
            Waiting.until(() -> next.ended().size() == 1);
            assertThat(cutOff.ended()).isEmpty();
            assertThat(real.claude().counts().requests()).isEqualTo(2);
        }
    }

    @Slow("several servers")
    @Test
    default void aStoppingServerRequeuesItsJobsImmediately() throws Exception {
        try (JobWorld real = world().real()) {
            JobServer stopping = real.server(new Tuning().backoff(Duration.ofHours(1), Duration.ofHours(1)))
                    .start();
            String id = stopping.submit("sim:events=3 stall_at=1 times=1 key=k").id();
            stopping.awaitEvents(id);
            JobServer next = real.server().start();

            stopping.close();

            assertThat(real.claude().await(counts -> counts.abortedMessages() == 1, Waiting.LIMIT))
                    .isTrue();
            next.awaitStatus(id, JobStatus.SUCCEEDED);
            assertThat(next.get(id).attempts()).isEqualTo(2);
            assertThat(next.get(id).restarts()).isEqualTo(1);
            assertThat(next.stream(next.get(id)).orElseThrow().status()).isEqualTo(StreamStatus.COMPLETED);
        }
    }
}
