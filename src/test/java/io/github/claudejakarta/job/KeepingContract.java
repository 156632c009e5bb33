package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.durable.CuttableSource;
import io.github.claudejakarta.durable.Listing;
import io.github.claudejakarta.runtime.CountedReservation;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.Page;
import io.github.claudejakarta.web.PageRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Tests of lists, storage and retention of jobs. */
interface KeepingContract {

    Caller ALICE = new Caller("alice", false);
    Caller ADMIN = new Caller("admin", true);

    JobWorld world();

    @Test
    default void expiredJobsAreDeletedWithTheirDeliveries() {
        JobServer server = world().server(new Tuning().maxAttempts(1));
        String succeeded = server.submitWithCallback("sim:events=1").id();
        String failed = server.submitWithCallback("sim:status=400").id();
        String dead = server.submitWithCallback("sim:status=529").id();
        String canceled = server.submitWithCallback("sim:events=1").id();
        Stream.of(succeeded, failed, dead).forEach(server::step);
        server.bean().cancel(canceled);
        String queued = server.submit("sim:events=1").id();
        world().advance(Duration.ofDays(6));
        String young = server.submitWithCallback("sim:events=1").id();
        server.step(young);

        server.bean().deleteExpired();
        assertThat(ids(server)).containsExactly(young, queued, canceled, dead, failed, succeeded);
        world().advance(Duration.ofDays(1).plusMillis(1));
        server.bean().deleteExpired();
        assertThat(ids(server))
                .as("their callbacks are still pending")
                .containsExactly(young, queued, canceled, dead, failed, succeeded);
        world().sql("update claude_delivery set status = 'delivered' where subject <> ?", young);
        server.bean().deleteExpired();

        assertThat(ids(server)).containsExactly(young, queued);
        assertThat(server.deliveries(succeeded)).isEmpty();
        assertThat(world().rows("claude_delivery")).isEqualTo(1);
        assertThat(server.bean().find(succeeded)).isEmpty();
    }

    private static List<String> ids(JobServer server) {
        return server.bean().list(1_000).stream().map(Job::id).toList();
    }

    @Test
    default void manyJobsAreDeletedInBatches() {
        JobServer server = world().server();
        server.step(server.submit("sim:events=1").id());
        String columns =
                "owner, status, revision, round, headers, request, attempts, restarts, token, bytes, created_at, ended_at";
        for (char letter = 'a'; letter < 'a' + 10; letter++) {
            world().sql("insert into claude_job (id, " + columns + ") select id || '" + letter + "', " + columns
                    + " from claude_job");
        }
        String left = server.submit("sim:events=1").id();
        world().advance(Duration.ofDays(8));

        assertThat(server.store().deleteEndedBefore(server.store().now())).isEqualTo(500);
        assertThat(world().rows("claude_job")).isEqualTo(525);
        server.bean().deleteExpired();

        assertThat(ids(server)).containsExactly(left);
    }

    @Test
    default void aRetriedJobIsNotDeleted() {
        JobServer server = world().server();
        String id = server.submit("sim:status=400").id();
        server.step(id);
        world().advance(Duration.ofDays(8));
        server.bean().retry(id);

        server.bean().deleteExpired();

        assertThat(ids(server)).containsExactly(id);
    }

    @Test
    default void aJobRetriedDuringItsDeletionIsNotDeleted() throws Exception {
        JobServer server = world().server();
        String id = server.submitWithCallback("sim:status=400").id();
        server.step(id);
        world().advance(Duration.ofDays(8));
        CompletableFuture<Integer> forgotten;
        try (var revival = world().source().getConnection();
                var statement = revival.createStatement()) {
            revival.setAutoCommit(false);
            statement.executeUpdate("update claude_job set status = 'queued', ended_at = null");
            forgotten = CompletableFuture.supplyAsync(
                    () -> server.store().deleteEndedBefore(server.store().now()));
            Waiting.until(() -> forgotten.isDone() || world().isTransactionWaiting());
            revival.commit();
            revival.setAutoCommit(true);
        }

        assertThat(forgotten.get(20, TimeUnit.SECONDS)).isZero();
        assertThat(ids(server)).containsExactly(id);
        assertThat(server.deliveries(id)).hasSize(1);
    }

    @Test
    default void aJobWithoutATaskGetsANewOne() {
        JobServer server = world().server(new Tuning().maxAttempts(3));
        String queued = server.submit("sim:events=1").id();
        String waiting = server.submit("sim:status=529").id();
        server.step(waiting);
        String retried = server.submit("sim:status=400 times=1 key=k").id();
        server.step(retried);
        server.bean().retry(retried);
        String over = server.submit("sim:events=1").id();
        server.step(over);
        String running = server.submit("sim:events=1").id();
        world().sql("update claude_job set status = 'running' where id = ?", running);
        world().sql("update claude_job set token = 99 where id = ?", waiting);
        world().sql("delete from claude_job_task");

        server.bean().deleteExpired();

        assertThat(world().rows("claude_job where token = 99"))
                .as("higher than any of the new task")
                .isZero();
        assertThat(world().rows("claude_job_task where task_name = 'tests/claude-job'"))
                .isEqualTo(4);
        assertThat(Stream.of(queued, waiting, retried, running))
                .allSatisfy(
                        id -> assertThat(world().rows("claude_job_task where task_instance = '" + server.key(id) + "'"))
                                .isEqualTo(1));
        server.bean().deleteExpired();
        assertThat(world().rows("claude_job_task")).isEqualTo(4);
        server.step(retried);
        assertThat(server.status(retried)).isEqualTo(JobStatus.SUCCEEDED);
    }

    @Test
    default void jobsAreRejectedWhileStorageIsFull() {
        JobServer server = world().server(new Tuning().maxBytes(1_000));
        String prompt = "sim:events=1 " + "x".repeat(380);
        String first = server.submit(prompt).id();
        server.step(first);
        server.step(server.submit("sim:events=1").id());

        var refusal = catchThrowableOfType(ClaudeException.class, () -> server.submit(prompt));
        assertThat(refusal.status()).isEqualTo(529);
        assertThat(refusal.type()).isEqualTo(ErrorType.OVERLOADED);
        assertThat(refusal.errorMessage()).contains("claude.job.max-bytes");
        assertThat(refusal.retryAfter()).isPresent();
        assertThat(world().rows("claude_job")).isEqualTo(2);
        world().advance(Duration.ofDays(8));
        server.bean().deleteExpired();

        assertThatCode(() -> server.submit(prompt)).doesNotThrowAnyException();
    }

    @Test
    default void requestsAndMessagesCountAsStoredBytes() {
        JobServer server = world().server();
        assertThat(server.store().storedBytes()).isZero();
        Job job = server.submit("sim:events=1");
        long request = world().bytes("select request from claude_job where id = ?", job.id()).length;
        assertThat(server.store().storedBytes()).isEqualTo(request);

        server.step(job.id());

        long message = world().bytes("select message from claude_job where id = ?", job.id()).length;
        assertThat(message).isPositive();
        assertThat(server.store().storedBytes()).isEqualTo(request + message);
    }

    @Test
    default void unparsedToolInputsCountLikeTheMessage() {
        JobServer server = world().server();
        String id =
                server.submit("sim:events=1 tool_input=[" + "x".repeat(100_000)).id();
        server.step(id);

        long request = world().bytes("select request from claude_job where id = ?", id).length;
        long message = world().bytes("select message from claude_job where id = ?", id).length;
        long inputs = world().bytes("select unparsed_tool_inputs from claude_job where id = ?", id).length;
        assertThat(inputs).isBetween(100_000L, 101_000L);
        assertThat(message).as("without the input").isLessThan(10_000);
        assertThat(server.store().storedBytes()).isEqualTo(request + message + inputs);
        var reservation = new CountedReservation(0);
        server.store().find(id, reservation);
        assertThat(reservation.taken()).as("memory to show it").isEqualTo(8 * (message + inputs));
    }

    @Test
    default void bytesAreReadFromTheCounter() {
        JobServer server = world().server();
        server.step(server.submit("sim:events=1").id());
        long storedBefore = server.store().storedBytes();
        world().sql("alter table claude_job rename to claude_job_away");
        try {
            assertThat(server.store().storedBytes()).isEqualTo(storedBefore).isPositive();
        } finally {
            world().sql("alter table claude_job_away rename to claude_job");
        }
    }

    @Test
    default void everyChangeOfBytesIsCounted() {
        JobServer server = world().server(new Tuning().maxAttempts(1));
        String succeeded =
                server.submitWithCallback("sim:events=1 tool_input=[1]").id();
        world().requireExactCounter();
        server.step(succeeded);
        world().requireExactCounter();
        String failed = server.submitWithCallback("sim:status=400").id();
        server.step(failed);
        world().requireExactCounter();
        String dead = server.submitWithCallback("sim:status=529").id();
        server.step(dead);
        world().requireExactCounter();
        server.bean().cancel(server.submitWithCallback("sim:events=1").id());
        world().requireExactCounter();
        server.bean().retry(failed);
        server.step(failed);
        world().requireExactCounter();
        String left = server.submitWithCallback("sim:events=1").id();
        world().sql("update claude_job set status = 'running', attempts = 1 where id = ?", left);
        server.step(left);
        assertThat(server.status(left)).isEqualTo(JobStatus.DEAD);
        world().requireExactCounter();
        world().advance(Duration.ofDays(8));
        world().sql("update claude_delivery set status = 'delivered' where subject <> ?", left);

        server.bean().deleteExpired();

        assertThat(ids(server)).containsExactly(left);
        world().requireExactCounter();
    }

    /** Deleted before the hourly correction, which would hide bytes that were not counted. */
    @Test
    default void deletedBytesAreCounted() {
        JobServer server = world().server();
        server.step(server.submit("sim:events=1").id());
        server.step(server.submit("sim:events=1").id());
        world().advance(Duration.ofDays(8));

        server.store().deleteEndedBefore(server.store().now());

        assertThat(server.store().storedBytes()).isZero();
    }

    /** A server of an older version adds jobs and does not count them. */
    @Test
    default void deletionOfExpiredJobsCorrectsTheCounter() {
        JobServer server = world().server();
        server.submit("sim:events=1");
        long counted = server.store().storedBytes();
        world().sql("delete from claude_kept");

        server.bean().deleteExpired();

        assertThat(server.store().storedBytes()).isEqualTo(counted);
    }

    @Test
    default void jobsAreListedNewestFirstInPages() {
        JobServer server = world().server();
        List<String> ids = IntStream.range(0, 5)
                .mapToObj(i -> server.submitAs("alice", "sim:events=1").id())
                .toList();
        server.submitAs("bob", "sim:events=1");

        requirePage(
                page(server, ALICE, null, null, null, null),
                false,
                ids.get(4),
                ids.get(3),
                ids.get(2),
                ids.get(1),
                ids.get(0));
        requirePage(page(server, ALICE, null, "2", null, null), true, ids.get(4), ids.get(3));
        requirePage(page(server, ALICE, null, "2", ids.get(3), null), true, ids.get(2), ids.get(1));
        requirePage(page(server, ALICE, null, "2", ids.get(1), null), false, ids.get(0));
        requirePage(page(server, ALICE, null, "2", null, ids.get(1)), true, ids.get(3), ids.get(2));
        requirePage(page(server, ALICE, null, "2", null, ids.get(2)), false, ids.get(4), ids.get(3));
        requirePage(page(server, ALICE, null, "2", null, ids.get(4)), false);
        assertThatThrownBy(() -> page(server, ALICE, null, null, "job_x", null)).hasMessageContaining("after_id");
        assertThat(server.bean().list(1)).hasSize(1);
    }

    @Test
    default void callersSeeTheirOwnJobsAndAdministratorsAll() {
        JobServer server = world().server();
        String hers = server.submitAs("alice", "sim:events=1").id();
        String his = server.submitAs("bob", "sim:events=1").id();

        requirePage(page(server, ALICE, null, null, null, null), false, hers);
        requirePage(page(server, ADMIN, null, null, null, null), false, his, hers);
        requirePage(page(server, ADMIN, null, null, his, null), false, hers);
        assertThatThrownBy(() -> page(server, ALICE, null, null, his, null)).hasMessageContaining("there is no " + his);
    }

    @Test
    default void jobsAreListedByStatus() {
        JobServer server = world().server();
        String succeeded = server.submitAs("alice", "sim:events=1").id();
        String failed = server.submitAs("alice", "sim:status=400").id();
        String queued = server.submitAs("alice", "sim:events=1").id();
        server.step(succeeded);
        server.step(failed);

        requirePage(page(server, ALICE, JobStatus.SUCCEEDED, null, null, null), false, succeeded);
        requirePage(page(server, ALICE, JobStatus.FAILED, null, null, null), false, failed);
        requirePage(page(server, ALICE, JobStatus.QUEUED, null, null, null), false, queued);
        requirePage(page(server, ALICE, JobStatus.DEAD, null, null, null), false);
    }

    @Test
    default void itemsOfAListHaveAllFieldsButTheMessage() {
        JobServer server = world().server();
        String succeeded = server.submitWithCallback("sim:events=1").id();
        String failed = server.submitWithCallback("sim:status=400").id();
        server.step(succeeded);
        server.step(failed);

        List<Job> items = server.bean().list(10);

        assertThat(items.get(0).json()).isEqualTo(server.get(failed).json());
        assertThat(items.get(1).message()).isEmpty();
        assertThat(items.get(1).itemJson().keySet()).doesNotContain("message", "unparsed_tool_inputs");
        Job whole = server.get(succeeded);
        assertThat(items.get(1))
                .isEqualTo(new Job(
                        whole.id(),
                        whole.owner(),
                        whole.status(),
                        whole.revision(),
                        whole.attempts(),
                        whole.restarts(),
                        whole.streamId(),
                        Optional.empty(),
                        whole.error(),
                        whole.callback(),
                        whole.metadata(),
                        whole.correlation(),
                        whole.createdAt(),
                        whole.startedAt(),
                        whole.nextAttemptAt(),
                        whole.endedAt(),
                        whole.isSimulated()));
    }

    private static Page<Job> page(
            JobServer server, Caller caller, JobStatus status, String limit, String afterId, String beforeId) {
        return server.bean()
                .page(new Listing.Query(
                        caller,
                        Optional.ofNullable(status).map(JobStatus::toString),
                        PageRequest.of(limit, afterId, beforeId)));
    }

    private static void requirePage(Page<Job> page, boolean hasMore, String... ids) {
        assertThat(page.items()).extracting(Job::id).containsExactly(ids);
        assertThat(page.hasMore()).isEqualTo(hasMore);
    }

    @Test
    default void allMethodsReport503WhileTheDatabaseIsUnavailable() {
        var wire = new CuttableSource(world().source());
        JobServer server = world().server(new Tuning(), world().through(wire));
        String id = server.submit("sim:events=1").id();
        wire.cut();

        assertThat(Stream.<ThrowingCallable>of(
                        () -> server.submit("sim:events=1"),
                        () -> server.bean().find(id),
                        () -> server.bean().list(1),
                        () -> server.bean().cancel(id),
                        () -> server.bean().retry(id),
                        () -> server.bean().await(id, Duration.ofSeconds(1)),
                        () -> server.submit("alice", "key", SubmissionContract.BODY)))
                .allSatisfy(call -> {
                    var failure = catchThrowableOfType(ClaudeException.class, call);
                    assertThat(failure.status()).isEqualTo(503);
                    assertThat(failure.retryAfter()).isPresent();
                });
    }
}
