package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ChangeNotifierTest {

    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration POLL_INTERVAL = Duration.ofMillis(50);

    /** The rows in the database, with their revisions. */
    private final Map<String, Long> rows = new ConcurrentHashMap<>();

    private final List<Set<String>> polls = new CopyOnWriteArrayList<>();
    private final ChangeNotifier<String> changes = changes(POLL_INTERVAL);
    /** A notifier that never polls during a test. */
    private final ChangeNotifier<String> withoutPolls = changes(LONG.multipliedBy(2));

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void close() {
        threads.shutdownNow();
    }

    private ChangeNotifier<String> changes(Duration look) {
        return new ChangeNotifier<>(
                ids -> {
                    polls.add(ids);
                    var found = new HashMap<>(rows);
                    found.keySet().retainAll(ids);
                    return found;
                },
                id -> Optional.ofNullable(rows.get(id)).map(revision -> id + " " + revision),
                look);
    }

    private Future<Optional<String>> waiter(String id, long revision) throws InterruptedException {
        return waiter(changes, id, revision);
    }

    /** Returns a thread that waits, after its wait has begun. */
    private Future<Optional<String>> waiter(ChangeNotifier<String> changes, String id, long revision)
            throws InterruptedException {
        var thread = new Thread[1];
        Future<Optional<String>> waiter = threads.submit(() -> {
            thread[0] = Thread.currentThread();
            return changes.await(id, revision, LONG);
        });
        while (thread[0] == null || thread[0].getState() != Thread.State.TIMED_WAITING) {
            Thread.sleep(1);
        }
        return waiter;
    }

    private static Optional<String> result(Future<Optional<String>> waiter) throws Exception {
        return waiter.get(20, TimeUnit.SECONDS);
    }

    @Test
    void closingEndsWaitsAndPreventsNewOnes() throws Exception {
        rows.put("a", 1L);
        Future<Optional<String>> waiter = waiter(changes, "a", 1);

        changes.close();

        assertThat(result(waiter)).isEmpty();
        assertThat(changes.await("a", 1, LONG)).isEmpty();
    }

    @Test
    void aChangeOnThisServerIsReportedWithoutAPoll() throws Exception {
        rows.put("a", 1L);
        Future<Optional<String>> waiter = waiter(withoutPolls, "a", 0);

        withoutPolls.notifyChange("a", 1);

        assertThat(result(waiter)).contains("a 1");
        assertThat(polls).isEmpty();
    }

    @Test
    void aWaitEndsWhenItsResultIsNoLongerWanted() throws Exception {
        rows.put("a", 1L);
        var isWanted = new AtomicBoolean(true);
        Future<Optional<String>> waiter = threads.submit(() -> withoutPolls.await("a", 1, LONG, isWanted::get));
        Future<Optional<String>> other = waiter(withoutPolls, "a", 1);
        isWanted.set(false);

        do {
            withoutPolls.wake("a");
        } while (!waiter.isDone());

        assertThat(result(waiter)).isEmpty();
        assertThat(other).isNotDone();
        withoutPolls.wake("nobody waits for this");
    }

    @Test
    void allWaitingThreadsAreNotified() throws Exception {
        rows.put("a", 7L);
        var waiters = new ArrayList<Future<Optional<String>>>();
        for (int i = 0; i < 10; i++) {
            waiters.add(waiter(withoutPolls, "a", i % 3));
        }

        withoutPolls.notifyChange("a", 7);

        for (Future<Optional<String>> waiter : waiters) {
            assertThat(result(waiter)).contains("a 7");
        }
    }

    @Test
    void anAlreadyKnownChangeEndsNoWait() throws Exception {
        rows.put("a", 5L);
        Future<Optional<String>> waiter = waiter(withoutPolls, "a", 5);
        withoutPolls.notifyChange("a", 5);
        withoutPolls.notifyChange("a", 4);
        withoutPolls.notifyChange("b", 6);
        assertThat(waiter).isNotDone();

        rows.put("a", 6L);
        withoutPolls.notifyChange("a", 6);

        assertThat(result(waiter)).contains("a 6");
    }

    @Test
    void aLateReportOfAnEarlierChangeHidesNoLaterChange() throws Exception {
        rows.put("a", 7L);
        for (int i = 0; i < 30; i++) {
            Future<Optional<String>> waiter = waiter(withoutPolls, "a", 5);

            withoutPolls.notifyChange("a", 7);
            withoutPolls.notifyChange("a", 3);

            assertThat(result(waiter)).contains("a 7");
        }
    }

    @Test
    void aChangeOnAnotherServerIsFoundByAPoll() throws Exception {
        rows.put("a", 0L);
        Future<Optional<String>> waiter = waiter("a", 0);

        rows.put("a", 1L);

        assertThat(result(waiter)).contains("a 1");
        assertThat(polls).isNotEmpty().allSatisfy(ids -> assertThat(ids).containsExactly("a"));
    }

    @Test
    void onePollServesAllWaits() throws Exception {
        long begin = System.nanoTime();
        var waiters = new ArrayList<Future<Optional<String>>>();
        for (int i = 0; i < 20; i++) {
            rows.put("a" + i, 0L);
            waiters.add(waiter("a" + i, 0));
        }
        rows.replaceAll((id, revision) -> 1L);

        for (Future<Optional<String>> waiter : waiters) {
            assertThat(result(waiter)).isPresent();
        }

        long most = (System.nanoTime() - begin) / POLL_INTERVAL.toNanos() + 1;
        assertThat((long) polls.size()).isLessThanOrEqualTo(most);
        assertThat(polls).anySatisfy(ids -> assertThat(ids).hasSizeGreaterThan(1));
    }

    @Test
    void anEarlierChangeIsFoundByTheFirstPoll() throws Exception {
        rows.put("a", 3L);

        assertThat(changes.await("a", 2, LONG)).contains("a 3");
    }

    @Test
    void aDeletedRowEndsTheWait() throws Exception {
        assertThat(changes.await("a", 0, LONG)).isEmpty();
    }

    @Test
    void aRowDeletedDuringAWaitEndsTheWait() throws Exception {
        rows.put("a", 0L);
        Future<Optional<String>> waiter = waiter("a", 0);

        rows.remove("a");

        assertThat(result(waiter)).isEmpty();
    }

    @Test
    void aWaitEndsInTime() throws Exception {
        rows.put("a", 0L);

        assertThat(changes.await("a", 0, Duration.ofMillis(20))).isEmpty();
        assertThat(changes.await("a", 0, Duration.ZERO)).isEmpty();
        assertThat(changes.await("a", 0, Duration.ofSeconds(-1))).isEmpty();
    }

    @Test
    void rowsWithoutWaitsAreNotPolled() throws Exception {
        rows.put("a", 0L);
        changes.await("a", 0, Duration.ofMillis(1));
        rows.put("b", 1L);
        polls.clear();

        changes.await("b", 0, LONG);

        assertThat(polls).allSatisfy(ids -> assertThat(ids).containsExactly("b"));
    }

    @Test
    void aFailedPollThrowsInThePollingThread() {
        var broken = new ChangeNotifier<String>(
                ids -> {
                    throw new IllegalStateException("away");
                },
                id -> Optional.of(id),
                POLL_INTERVAL);

        assertThatIllegalStateException()
                .isThrownBy(() -> broken.await("a", 0, LONG))
                .withMessage("away");
    }

    @Test
    void anInterruptEndsTheWait() throws Exception {
        rows.put("a", 0L);
        Future<Optional<String>> waiter = waiter("a", 0);

        threads.shutdownNow();

        assertThatThrownBy(() -> result(waiter))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InterruptedException.class);
    }
}
