package io.github.claudejakarta.stream;

import static io.github.claudejakarta.stream.Events.ERROR;
import static io.github.claudejakarta.stream.Events.STOP;
import static io.github.claudejakarta.stream.Events.numbered;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests of the log only: nothing waits, and no upstream is read. */
@Timeout(30)
class StreamLogTest {

    // Polling.

    @Test
    void aPollOfAnEmptyLogIsEmpty() {
        var log = Events.log();

        assertThat(new StreamCursor(log, 0).poll().isEmpty()).isTrue();
        assertThat(log.readAfter(-1).isEmpty()).isTrue();
        assertThat(log.size()).isZero();
        assertThat(log.isEnded()).isFalse();
        assertThat(log.endedAt()).isEmpty();
    }

    @Test
    void aPollReturnsTheEventsSinceTheLastOne() {
        var log = Events.log();
        var cursor = new StreamCursor(log, 0);

        log.append(List.of(numbered(0)));
        log.append(numbered(1, 3));
        assertThat(cursor.poll().events()).isEqualTo(numbered(0, 3));
        assertThat(cursor.poll().isEmpty()).isTrue();
        log.append(List.of(numbered(3)));

        EventRun run = cursor.poll();
        assertThat(run.events()).containsExactly(numbered(3));
        assertThat(run.sequence()).isEqualTo(3);
        assertThat(cursor.position()).isEqualTo(4);
    }

    @Test
    void isReadAfterASequenceNumber() {
        StreamLog log = Events.logOf(numbered(0, 3));

        assertThat(log.readAfter(-1).events()).isEqualTo(numbered(0, 3));
        assertThat(log.readAfter(0).events()).isEqualTo(numbered(1, 3));
        assertThat(log.readAfter(1).events()).containsExactly(numbered(2));
        assertThat(log.readAfter(2).isEmpty()).isTrue();
        assertThat(log.readAfter(7).isEmpty()).isTrue();
    }

    @Test
    void aPartOfItIsReadOverManySegments() {
        StreamLog log = Events.logOf(numbered(0, 2_000));

        assertThat(log.events(0, 2_000)).isEqualTo(numbered(0, 2_000));
        assertThat(log.events(700, 703)).isEqualTo(numbered(700, 703));
        assertThat(log.events(1_999, 5_000)).containsExactly(numbered(1_999));
        assertThat(log.events(0, 0)).isEmpty();
        assertThat(log.events(2_000, 2_010)).isEmpty();
    }

    @Test
    void aSlowReaderDelaysNoOtherAndMissesNoEvent() {
        var log = Events.log();
        var behind = new StreamCursor(log, 0);
        var ahead = new StreamCursor(log, 0);
        for (int i = 0; i < 1_000; i++) {
            log.append(List.of(numbered(i)));
            assertThat(ahead.poll().events()).containsExactly(numbered(i));
        }
        log.end(STOP);

        assertThat(ahead.poll().events()).containsExactly(STOP);
        assertThat(Events.rest(behind)).hasSize(1_001).startsWith(numbered(0)).endsWith(STOP);
    }

    // The end.

    @Test
    void aTerminalEventThatIsAppendedEndsIt() {
        var log = Events.log();

        log.append(List.of(numbered(0), STOP));
        log.append(List.of(numbered(1)));

        assertThat(log.isEnded()).isTrue();
        assertThat(log.terminal()).contains(STOP);
        assertThat(log.endedAt()).isPresent();
        assertThat(log.events()).containsExactly(numbered(0), STOP);
        assertThat(log.size()).isEqualTo(2);
    }

    @Test
    void theRunWithTheTerminalEventEndsTheLog() {
        var log = Events.log();
        var first = new StreamCursor(log, 0);
        log.append(numbered(0, 2_000));
        var ends = new ArrayList<Boolean>();
        for (EventRun run = first.poll(); !run.isEmpty(); run = first.poll()) {
            ends.add(run.endsLog());
        }
        assertThat(first.poll()).isEqualTo(EventRun.NONE);
        assertThat(ends).hasSizeGreaterThan(1).containsOnly(false);

        log.end(STOP);

        assertThat(first.poll().endsLog()).isTrue();
        assertThat(log.readAfter(1_999).endsLog()).isTrue();
        assertThat(log.readAfter(1_990).endsLog()).isTrue();
        assertThat(log.readAfter(-1).endsLog()).isFalse();
        assertThat(log.readAfter(2_000)).isEqualTo(EventRun.END);
        assertThat(first.poll()).isEqualTo(EventRun.END);
        new Compaction(log).runIfEnded();
        assertThat(log.readAfter(1_990).endsLog()).isTrue();
        assertThat(log.readAfter(-1).endsLog()).isFalse();
    }

    // Listeners.

    @Test
    void aListenerIsCalledAfterEachAppendAndTheEnd() {
        var log = Events.log();
        var cursor = new StreamCursor(log, 0);
        var seen = new ArrayList<List<ServerSentEvent>>();
        log.addListener(() -> seen.add(Events.rest(cursor)));

        log.append(numbered(0, 2));
        log.append(List.of(numbered(2)));
        log.end(STOP);

        assertThat(seen).containsExactly(numbered(0, 2), List.of(numbered(2)), List.of(STOP));
    }

    @Test
    void theEndIsVisibleWhenItsListenerIsCalled() {
        var log = Events.log();
        var ended = new ArrayList<Boolean>();
        log.addListener(() -> ended.add(log.isEnded()));

        log.append(List.of(numbered(0)));
        log.append(List.of(numbered(1), STOP));

        assertThat(ended).containsExactly(false, true);
    }

    @Test
    void ignoredAppendsCallNoListener() {
        var log = Events.log();
        log.end(STOP);
        var calls = new AtomicInteger();
        log.addListener(calls::incrementAndGet);

        log.append(List.of(numbered(0)));
        log.end(ERROR);

        assertThat(calls).hasValue(0);
    }

    @Test
    void aRemovedListenerIsNotCalled() {
        var log = Events.log();
        var calls = new AtomicInteger();
        var others = new AtomicInteger();
        Runnable listener = calls::incrementAndGet;
        log.addListener(others::incrementAndGet);
        log.addListener(listener);
        log.append(List.of(numbered(0)));

        log.removeListener(listener);
        log.append(List.of(numbered(1)));

        assertThat(calls).hasValue(1);
        assertThat(others).hasValue(2);
    }

    @Test
    void aListenerMayRemoveItself() {
        var log = Events.log();
        var calls = new AtomicInteger();
        var listener = new Runnable() {
            @Override
            public void run() {
                calls.incrementAndGet();
                log.removeListener(this);
            }
        };
        log.addListener(listener);
        log.addListener(calls::incrementAndGet);

        log.append(List.of(numbered(0)));
        log.append(List.of(numbered(1)));

        assertThat(calls).hasValue(3);
    }

    /** Another thread uses the log while the listener waits for it. */
    @Test
    void noLockIsHeldWhileAListenerIsCalled() {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            var log = Events.log();
            var results = new ArrayList<String>();
            Runnable listener = () -> results.add(result(other.submit(() -> {
                log.append(List.of(numbered(1)));
                new Compaction(log).runIfEnded();
                return log.events().size() + " of " + log.bytes();
            })));
            log.addListener(new Runnable() {
                @Override
                public void run() {
                    log.removeListener(this);
                    listener.run();
                }
            });

            log.append(List.of(numbered(0)));

            assertThat(results).containsExactly("2 of " + log.bytes());
        } finally {
            other.shutdownNow();
        }
    }

    private static String result(Future<String> future) {
        try {
            return future.get(5, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            return e.toString();
        }
    }

    @Test
    void aFailingListenerDoesNotAffectOthers() {
        var retained = new AtomicLong();
        var log = new StreamLog(Clock.systemUTC(), retained::addAndGet);
        long before = log.bytes();
        var calls = new AtomicInteger();
        log.addListener(() -> {
            throw new IllegalStateException("a listener of this test fails");
        });
        log.addListener(() -> {
            throw new StackOverflowError("a listener of this test fails");
        });
        log.addListener(calls::incrementAndGet);

        log.append(numbered(0, 500));
        log.end(STOP);

        assertThat(calls).hasValue(2);
        assertThat(log.events()).hasSize(501);
        assertThat(before + retained.get()).isEqualTo(log.bytes());
    }

    @Test
    void aReaderThatRegistersAndThenPollsMissesNothing() throws Exception {
        ExecutorService appender = Executors.newSingleThreadExecutor();
        try {
            for (int round = 0; round < 500; round++) {
                var log = Events.log();
                Future<?> appended = appender.submit(() -> log.end(STOP));
                var calls = new AtomicInteger();

                log.addListener(calls::incrementAndGet);
                boolean isPolled = !log.readAfter(-1).isEmpty();

                appended.get();
                assertThat(isPolled || calls.get() > 0).isTrue();
            }
        } finally {
            appender.shutdownNow();
        }
    }

    // Places and sizes.

    @Test
    void isReadFromEverySequenceNumber() {
        int count = 2_000; // over several segments
        var log = Events.logOf(numbered(0, count));
        log.end(STOP);

        for (int from = 0; from < count; from++) {
            var cursor = new StreamCursor(log, from);
            EventRun run = cursor.poll();
            assertThat(run.sequence()).isEqualTo(from);
            assertThat(run.events().get(0)).as("from %d", from).isEqualTo(numbered(from));
            if (from % 37 == 0) {
                var seen = new ArrayList<>(run.events());
                seen.addAll(Events.rest(cursor));
                assertThat(seen.subList(0, seen.size() - 1)).as("from %d", from).isEqualTo(numbered(from, count));
            }
        }
        assertThat(Events.rest(new StreamCursor(log, count))).containsExactly(STOP);
        assertThat(Events.rest(new StreamCursor(log, count + 1))).isEmpty();
    }

    @Test
    void runsFollowEachOtherWithoutAGap() {
        var log = Events.logOf(numbered(0, 2_000));
        log.end(STOP);
        var cursor = new StreamCursor(log, 0);
        int next = 0;

        for (EventRun run = cursor.poll(); !run.isEmpty(); run = cursor.poll()) {
            assertThat(run.sequence()).isEqualTo(next);
            assertThat(run.events()).hasSize(run.count());
            next = run.next();
        }
        assertThat(next).isEqualTo(log.size()).isEqualTo(2_001);
    }

    @Test
    void aReaderAtTheEndOfASegmentContinuesInTheNext() {
        var log = Events.log();
        var cursor = new StreamCursor(log, 0);
        for (int i = 0; i < 500; i++) {
            log.append(List.of(numbered(i)));
            assertThat(cursor.poll().events()).containsExactly(numbered(i));
        }
    }

    @Test
    void aReaderBeyondTheEndGetsItsEvent() {
        var log = Events.logOf(numbered(0, 90));
        int size = log.size();
        var cursor = new StreamCursor(log, size);
        log.end(STOP);

        assertThat(cursor.poll().sequence()).isEqualTo(size);
    }

    @Test
    void eventsAfterTheEndAreIgnored() {
        var log = Events.log();

        log.end(STOP);
        log.end(ERROR);

        assertThat(log.events()).containsExactly(STOP);
        assertThat(log.terminal()).contains(STOP);
    }

    @Test
    void largeEventsAreKeptWhole() {
        var large = ServerSentEvent.of("content_block_delta", "x".repeat(3 << 20));
        var log = Events.logOf(List.of(numbered(0), large, numbered(2), large, large, numbered(5)));
        log.end(STOP);

        assertThat(log.events()).containsExactly(numbered(0), large, numbered(2), large, large, numbered(5), STOP);
        for (int from = 0; from < 7; from++) {
            assertThat(Events.rest(new StreamCursor(log, from)))
                    .as("from %d", from)
                    .isEqualTo(log.events().subList(from, 7));
        }
    }

    @Test
    void itsBytesAreReportedExactly() {
        var notified = new AtomicLong();
        var log = new StreamLog(Clock.systemUTC(), notified::addAndGet);
        long before = log.bytes();
        var cursor = new StreamCursor(log, 0);

        for (int i = 0; i < 400; i++) {
            log.append(List.of(numbered(i)));
            assertThat(cursor).satisfies(one -> assertThat(one.poll().isEmpty()).isFalse());
            assertThat(before + notified.get()).isEqualTo(log.bytes());
        }
        log.end(ServerSentEvent.of("error", "x".repeat(100_000)));

        assertThat(before + notified.get()).isEqualTo(log.bytes());
        assertThat(log.bytes()).isGreaterThan(100_000 + 400 * numbered(0).size());
    }

    @Test
    void itsMemoryIsNotMuchMoreThanItsEvents() {
        var log = Events.logOf(numbered(0, 20_000));
        long events = log.events().stream().mapToLong(ServerSentEvent::size).sum();

        assertThat(log.bytes()).isBetween(events, events + events / 10 + 64_000);
    }

    // Compaction.

    @Test
    void anEndedLogIsCompressedAndReadsTheSame() {
        var events = new ArrayList<>(numbered(0, 5_000));
        events.add(2_000, ServerSentEvent.of("large", "x".repeat(100_000)));
        events.add(ServerSentEvent.of("random", random(6_000)));
        events.add(STOP);
        var notified = new AtomicLong();
        var log = new StreamLog(Clock.systemUTC(), notified::addAndGet);
        long before = log.bytes();
        log.append(events);

        new Compaction(log).runIfEnded();

        assertThat(log.bytes()).isEqualTo(before + notified.get()).isLessThan(200_000);
        assertThat(log.events()).isEqualTo(events);
        for (int from : new int[] {0, 1, 1_999, 2_000, 2_001, 4_321, 5_000, 5_001, 5_002}) {
            assertThat(Events.rest(new StreamCursor(log, from)))
                    .as("from %d", from)
                    .isEqualTo(events.subList(from, events.size()));
        }
        assertThat(log.terminal()).contains(STOP);
    }

    @Test
    void aReaderContinuesWhenTheLogIsCompacted() {
        var log = Events.log();
        var reader = new StreamCursor(log, 0);
        for (int i = 0; i < 1_000; i++) {
            log.append(List.of(numbered(i)));
            reader.poll();
        }
        log.append(numbered(1_000, 3_000));
        log.end(STOP);

        new Compaction(log).runIfEnded();

        assertThat(Events.rest(reader))
                .hasSize(2_001)
                .startsWith(numbered(1_000))
                .endsWith(STOP);
    }

    @Test
    void aLogThatRunsIsNotCompacted() {
        StreamLog log = Events.logOf(numbered(0, 1_000));
        long before = log.bytes();

        new Compaction(log).runIfEnded();

        assertThat(log.bytes()).isEqualTo(before);
    }

    @Test
    void aSecondCompactionHasNoEffect() {
        StreamLog log = Events.logOf(numbered(0, 1_000));
        log.end(STOP);
        var compaction = new Compaction(log);
        compaction.runIfEnded();
        long once = log.bytes();

        compaction.runIfEnded();

        assertThat(log.bytes()).isEqualTo(once);
        assertThat(log.events()).hasSize(1_001);
    }

    @Test
    void aRemovedLogReportsNothing() {
        var notified = new AtomicLong();
        var log = new StreamLog(Clock.systemUTC(), notified::addAndGet);
        long before = log.bytes();
        log.append(numbered(0, 1_000));
        log.end(STOP);

        assertThat(log.release()).isEqualTo(before + notified.get());
        long last = notified.get();
        new Compaction(log).runIfEnded();

        assertThat(notified).hasValue(last);
    }

    private static String random(int length) {
        var random = new Random(1);
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) (' ' + random.nextInt(95)));
        }
        return text.toString();
    }
}
