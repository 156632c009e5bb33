package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.durable.CuttableSource;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.durable.Listing;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.Page;
import io.github.claudejakarta.web.PageRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How batches are listed, stored and deleted, and the errors while there is no database. */
interface KeepingContract {

    String UNKNOWN = "batch_" + "0".repeat(32);

    Caller ALICE = new Caller("alice", false);
    Caller ADMIN = new Caller("admin", true);

    BatchWorld world();

    @Test
    default void expiredBatchesAreDeleted() {
        BatchServer server = world().server();
        String old = server.drive(server.submit("hi").id()).id();
        world().advance(Duration.ofDays(29));
        String young = server.drive(server.submit("hi").id()).id();
        String running = server.submit("hi").id();

        server.runHousekeeping();
        assertThat(ids(server)).containsExactly(running, young, old);
        world().advance(Duration.ofDays(2));
        server.runHousekeeping();

        assertThat(ids(server)).containsExactly(running, young);
        assertThat(world().rows("claude_batch_request")).isEqualTo(2);
        assertThat(world().claude().batches()).hasSize(2);
    }

    @Test
    default void aResubmittedBatchIsNotDeleted() {
        BatchServer server = world().server();
        String id = server.drive(server.submit("sim:outcome=expired").id()).id();
        server.bean().resubmit(id);
        world().advance(Duration.ofDays(31));

        server.runHousekeeping();

        assertThat(ids(server)).containsExactly(id);
    }

    @Test
    default void abandonedSubmissionsAreDeleted() {
        BatchServer server = world().server();
        BatchStore.Receiving left = server.store().begin(BatchServer.submitter("local", null));
        server.store()
                .add(
                        left,
                        0,
                        1,
                        List.of(SubmittedRequest.of(
                                "r", BatchServer.requests("hi").findFirst().orElseThrow())));
        BatchStore.Receiving going = server.store().begin(BatchServer.submitter("local", null));
        server.runHousekeeping();
        world().advance(DurableTasks.TAKEN_OVER.minusSeconds(1));
        server.store().touch(going);
        server.runHousekeeping();
        assertThat(world().rows("claude_batch")).isEqualTo(2);
        world().advance(Duration.ofSeconds(1));

        server.runHousekeeping();

        assertThat(world().rows("claude_batch where ordinal = " + going.ordinal()))
                .isEqualTo(1);
        assertThat(world().rows("claude_batch")).isEqualTo(1);
        assertThat(world().rows("claude_batch_request")).isZero();
    }

    /** Its server is alive and has another clock, or the clock of this server is set. */
    @ParameterizedTest
    @ValueSource(longs = {-86_400, -60, 60, 86_400})
    default void aSubmissionThatIsBeingReceivedDoesNotDependOnTheClock(long seconds) {
        BatchServer server = world().server();
        server.store().begin(BatchServer.submitter("alice", "k"));
        server.runHousekeeping();

        world().setClock(Duration.ofSeconds(seconds));
        server.runHousekeeping();

        assertThat(world().rows("claude_batch")).isEqualTo(1);
        assertThat(server.store().findByKey("alice", "k")).isEmpty();
        assertThat(world().rows("claude_batch")).isEqualTo(1);
        world().advance(DurableTasks.TAKEN_OVER);
        server.store().findByKey("alice", "k");
        assertThat(world().rows("claude_batch")).isZero();
    }

    @Test
    default void aBatchIsNotDeletedDuringItsResubmission() {
        BatchServer server = world().server();
        String id = server.drive(server.submit("sim:outcome=expired").id()).id();
        long ordinal = server.store().ordinal(id).orElseThrow();
        server.bean().resubmit(id);

        assertThat(server.store().removeOver(ordinal)).isFalse();
        assertThat(server.store()
                        .removeEndedBefore(ordinal, server.store().now().plusSeconds(1)))
                .isFalse();

        server.drive(id);
        assertThat(server.store()
                        .removeEndedBefore(ordinal, server.get(id).endedAt().orElseThrow()))
                .isFalse();
        assertThat(server.store().removeOver(ordinal)).isTrue();
    }

    @Test
    default void aTextThatIsNotAnIdIsNotLookedUp() {
        assertThat(world().server().bean().find("batch_\0")).isEmpty();
    }

    @Test
    default void aPartWithoutATaskGetsOne() {
        BatchServer server = world().server(new Tuning().maxPartRequests(1));
        String id = server.submit("a", "sim:batch_us=3600000000", "sim:batch_lost=1")
                .id();
        String over = server.drive(server.submit("hi").id()).id();
        server.step(id, 2);
        server.step(id, 3);
        world().sql("delete from claude_task");

        server.runHousekeeping();

        assertThat(world().rows("claude_task where task_name = 'tests/claude-batch-part'"))
                .isEqualTo(3);
        assertThat(world().rows("claude_task where task_instance = '" + server.key(over, 1) + "'"))
                .isZero();
        server.runHousekeeping();
        assertThat(world().rows("claude_task")).isEqualTo(3);
    }

    @Test
    default void aPartThatIsResolvedHasATaskAgain() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_lost=1").id();
        server.step(id, 1);
        world().strangersBatch("r0");
        server.step(id, 1);
        world().sql("delete from claude_task");

        server.bean().resolve(id, 1, world().claude().batches().get(1));

        assertThat(world().rows("claude_task where task_instance = '"
                        + server.key(id, 1).task() + "'"))
                .isEqualTo(1);
    }

    @Test
    default void bytesAreCountedAndNotAddedUpEachTime() {
        BatchServer server = world().server();
        server.submit("hi");
        long storedBefore = server.store().storedBytes();
        world().sql("alter table claude_batch_part rename to claude_batch_part_away");
        try {
            assertThat(server.store().storedBytes()).isEqualTo(storedBefore).isPositive();
        } finally {
            world().sql("alter table claude_batch_part_away rename to claude_batch_part");
        }
    }

    @Test
    default void everyChangeOfBytesIsCounted() {
        BatchServer server = world().server(new Tuning().maxPartRequests(1));
        String several =
                server.drive(server.submit("sim:outcome=expired", "hi").id()).id();
        world().requireExactCounter();
        server.bean().resubmit(several);
        server.drive(several);
        world().requireExactCounter();
        server.bean().cancel(server.submit("hi", "there").id());
        world().requireExactCounter();
        server.bean().delete(several);
        world().requireExactCounter();
        BatchStore.Receiving half = server.store().begin(BatchServer.submitter("local", null));
        server.store()
                .add(
                        half,
                        0,
                        1,
                        List.of(SubmittedRequest.of(
                                "r", BatchServer.requests("hi").findFirst().orElseThrow())));
        server.store().forget(half);
        world().requireExactCounter();
        BatchStore.Receiving whole = server.store().begin(BatchServer.submitter("local", null));
        server.store()
                .add(
                        whole,
                        0,
                        1,
                        List.of(SubmittedRequest.of(
                                "r", BatchServer.requests("hi").findFirst().orElseThrow())));
        server.store()
                .finish(
                        whole,
                        List.of(new BatchStore.NewPart(1, 0, 0, 500)),
                        Optional.empty(),
                        server.bean().followTask());
        world().requireExactCounter();

        server.store().forget(whole);

        world().requireExactCounter();
    }

    /** Deleted before the hourly correction, which would hide an error of the counter. */
    @Test
    default void aDeletionIsCounted() {
        BatchServer server = world().server();
        String id = server.drive(server.submit("hi").id()).id();

        assertThat(server.store()
                        .removeEndedBefore(
                                server.store().ordinal(id).orElseThrow(),
                                server.store().now().plusSeconds(1)))
                .isTrue();

        assertThat(server.store().storedBytes()).isZero();
    }

    @Test
    default void housekeepingCorrectsTheCounter() {
        BatchServer server = world().server();
        server.submit("hi");
        long counted = server.store().storedBytes();
        world().sql("delete from claude_kept");

        server.runHousekeeping();

        assertThat(server.store().storedBytes()).isEqualTo(counted);
    }

    private static List<String> ids(BatchServer server) {
        return server.bean().list(100).stream().map(Batch::id).toList();
    }

    @Test
    default void batchesAreListedNewestFirstInPages() {
        BatchServer server = world().server();
        List<String> ids =
                IntStream.range(0, 5).mapToObj(i -> owned(server, "alice").id()).toList();
        owned(server, "bob");

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
        requirePage(page(server, ALICE, null, "2", ids.get(2), null), false, ids.get(1), ids.get(0));
        requirePage(page(server, ALICE, null, "2", null, ids.get(1)), true, ids.get(3), ids.get(2));
        requirePage(page(server, ALICE, null, "2", null, ids.get(2)), false, ids.get(4), ids.get(3));
        requirePage(page(server, ALICE, null, "2", null, ids.get(4)), false);
        assertThatThrownBy(() -> page(server, ALICE, null, null, "batch_x", null))
                .hasMessageContaining("after_id");
        assertThatThrownBy(() -> page(server, ALICE, null, null, ids.get(0), ids.get(1)))
                .hasMessageContaining("cannot be combined");
        assertThatThrownBy(() -> page(server, ALICE, null, "0", null, null)).hasMessageContaining("limit");
    }

    @Test
    default void callersSeeTheirOwnAndAdministratorsAll() {
        BatchServer server = world().server();
        String hers = owned(server, "alice").id();
        String his = owned(server, "bob").id();

        requirePage(page(server, ALICE, null, null, null, null), false, hers);
        requirePage(page(server, ADMIN, null, null, null, null), false, his, hers);
        requirePage(page(server, ADMIN, null, null, his, null), false, hers);
        assertThatThrownBy(() -> page(server, ALICE, null, null, his, null)).hasMessageContaining("there is no " + his);
    }

    @Test
    default void batchesAreListedByStatus() {
        BatchServer server = world().server();
        String ended = server.drive(owned(server, "alice").id()).id();
        String waiting = owned(server, "alice").id();

        requirePage(page(server, ALICE, BatchStatus.ENDED, null, null, null), false, ended);
        requirePage(page(server, ALICE, BatchStatus.SUBMITTING, null, null, null), false, waiting);
        requirePage(page(server, ALICE, BatchStatus.CANCELING, null, null, null), false);
    }

    private static Page<Batch> page(
            BatchServer server, Caller caller, BatchStatus status, String limit, String afterId, String beforeId) {
        return server.bean()
                .page(new Listing.Query(
                        caller,
                        Optional.ofNullable(status).map(BatchStatus::toString),
                        PageRequest.of(limit, afterId, beforeId)));
    }

    private static void requirePage(Page<Batch> page, boolean hasMore, String... ids) {
        assertThat(page.items()).extracting(Batch::id).containsExactly(ids);
        assertThat(page.hasMore()).isEqualTo(hasMore);
    }

    private static Batch owned(BatchServer server, String owner) {
        return server.bean()
                .submitFor(
                        BatchServer.submitter(owner, null),
                        () -> RequestReader.of(BatchServer.requests("hi").iterator(), MessageDefaults.NONE));
    }

    @Test
    default void allMethodsReport503UntilThereIsADatabase() throws Exception {
        try (BatchWorld real = world().real()) {
            var found = new DataSource[1];
            BatchServer server = real.server(new Tuning(), Impatient.database(() -> {
                        if (found[0] == null) {
                            throw new IllegalStateException("there is no DataSource");
                        }
                        return found[0];
                    }))
                    .start();
            requireUnavailable(server);

            found[0] = real.source();

            requireAvailableSoon(server);
        }
    }

    @Test
    @Slow("time limits in real time")
    default void allMethodsReport503WhileTheDatabaseIsUnavailable() throws Exception {
        try (BatchWorld real = world().real()) {
            var wire = new CuttableSource(real.source());
            wire.cut();
            BatchServer server = real.server(
                            new Tuning().poll(Duration.ofMillis(100), Duration.ofMillis(100)),
                            Impatient.database(wire::source))
                    .start();
            requireUnavailable(server);
            wire.mend();
            requireAvailableSoon(server);

            wire.cut();
            requireUnavailable(server);
            wire.mend();
            requireAvailableSoon(server);
            String id = server.submit("sim:batch_us=1000").id();

            assertThat(server.bean()
                            .await(id, Duration.ofSeconds(40))
                            .requestCounts()
                            .succeeded())
                    .isEqualTo(1);
        }
    }

    private static void requireUnavailable(BatchServer server) {
        assertThat(Stream.<org.assertj.core.api.ThrowableAssert.ThrowingCallable>of(
                        () -> server.submit("hi"),
                        () -> server.bean().find(UNKNOWN),
                        () -> server.bean().list(1),
                        () -> server.bean().cancel(UNKNOWN),
                        () -> server.bean().resubmit(UNKNOWN),
                        () -> server.bean().resolve(UNKNOWN, 1, null),
                        () -> server.bean().delete(UNKNOWN),
                        () -> server.bean().results(UNKNOWN),
                        () -> server.bean().await(UNKNOWN)))
                .allSatisfy(call -> {
                    var failure = catchThrowableOfType(ClaudeException.class, call);
                    assertThat(failure.status()).isEqualTo(503);
                    assertThat(failure.retryAfter()).isPresent();
                });
    }

    private static void requireAvailableSoon(BatchServer server) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (true) {
            try {
                assertThat(server.bean().list(1)).isEmpty();
                return;
            } catch (ClaudeException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.sleep(20);
            }
        }
    }
}
