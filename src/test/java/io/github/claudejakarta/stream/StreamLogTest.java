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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class StreamLogTest {

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Events.Pushed upstream = new Events.Pushed();

    @AfterEach
    void stopThreads() {
        threads.shutdownNow();
    }

    @Test
    void aReaderThatHasCaughtUpReadsTheUpstreamItself() throws Exception {
        var log = logOn(upstream.push(numbered(0)).push(STOP));
        var cursor = new StreamCursor(log, 0);

        assertThat(cursor.next().events()).containsExactly(numbered(0));
        assertThat(upstream.awaitRead()).isSameAs(Thread.currentThread());
        assertThat(cursor.next().events()).containsExactly(STOP);
        assertThat(cursor.next().isEmpty()).isTrue();
        assertThat(upstream.reads).hasValue(2);
    }

    @Test
    void aReaderThatHasNotCaughtUpReadsTheLog() throws Exception {
        var log = logOn(upstream.push(numbered(0, 3)));
        new StreamCursor(log, 0).next();

        assertThat(new StreamCursor(log, 0).next().events()).isEqualTo(numbered(0, 3));
        assertThat(upstream.reads).hasValue(1);
    }

    @Test
    void whatIsWaitingComesAsOneRun() throws Exception {
        var log = logOn(upstream.push(numbered(0)).push(numbered(1)).push(numbered(2), numbered(3)));
        var first = new StreamCursor(log, 0);
        for (int i = 0; i < 3; i++) {
            first.next();
        }

        EventRun run = new StreamCursor(log, 1).next();

        assertThat(run.sequence()).isEqualTo(1);
        assertThat(run.count()).isEqualTo(3);
        assertThat(run.next()).isEqualTo(4);
        assertThat(run.events()).isEqualTo(numbered(1, 4));
    }

    @Test
    void manyReadersSeeAllEventsOnceInOrder() throws Exception {
        int count = 3_000;
        var log = logOn(upstream);
        var readers = new ArrayList<Future<List<ServerSentEvent>>>();
        for (int i = 0; i < 16; i++) {
            readers.add(threads.submit(() -> Events.rest(new StreamCursor(log, 0))));
        }
        for (int i = 0; i < count; i += 3) {
            upstream.push(numbered(i, i + 3));
        }
        upstream.push(STOP);

        for (var reader : readers) {
            List<ServerSentEvent> seen = reader.get();
            assertThat(seen.subList(0, count)).isEqualTo(numbered(0, count));
            assertThat(seen.subList(count, seen.size())).containsExactly(STOP);
        }
        assertThat(upstream.mostReaders).hasValue(1);
        assertThat(upstream.closed).hasValue(1);
    }

    @Test
    void oneReadsTheUpstreamAndTheOthersWait() throws Exception {
        var log = logOn(upstream);
        var readers = new ArrayList<Future<List<ServerSentEvent>>>();
        readers.add(threads.submit(() -> Events.rest(new StreamCursor(log, 0))));
        upstream.awaitRead();
        for (int i = 0; i < 5; i++) {
            readers.add(threads.submit(() -> Events.rest(new StreamCursor(log, 0))));
        }

        upstream.push(numbered(0));
        upstream.awaitRead();
        upstream.push(STOP);

        for (var reader : readers) {
            assertThat(reader.get()).containsExactly(numbered(0), STOP);
        }
        assertThat(upstream.reads).hasValue(2);
        assertThat(upstream.mostReaders).hasValue(1);
    }

    @Test
    void aSlowReaderDoesNotHoldTheReading() throws Exception {
        var log = logOn(upstream.push(numbered(0)));
        var slowHasFirst = new CountDownLatch(1);
        var slowGoesOn = new CountDownLatch(1);
        var slow = threads.submit(() -> {
            var cursor = new StreamCursor(log, 0);
            var seen = new ArrayList<>(cursor.next().events());
            slowHasFirst.countDown();
            slowGoesOn.await();
            seen.addAll(Events.rest(cursor));
            return seen;
        });
        slowHasFirst.await();

        upstream.push(numbered(1)).push(numbered(2)).push(STOP);
        assertThat(Events.rest(new StreamCursor(log, 0))).containsExactly(numbered(0), numbered(1), numbered(2), STOP);
        assertThat(slow.isDone()).isFalse();

        slowGoesOn.countDown();
        assertThat(slow.get()).containsExactly(numbered(0), numbered(1), numbered(2), STOP);
    }

    @Test
    void whoeverCatchesUpNextTakesOverTheReading() throws Exception {
        var log = logOn(upstream);
        var writes = new CountDownLatch(1);
        var goesOn = new CountDownLatch(1);
        var first = threads.submit(() -> {
            var cursor = new StreamCursor(log, 0);
            cursor.next();
            writes.countDown();
            goesOn.await();
            return Events.rest(cursor);
        });
        Thread firstReader = upstream.awaitRead();
        var second = threads.submit(() -> Events.rest(new StreamCursor(log, 0)));

        upstream.push(numbered(0));
        writes.await();

        assertThat(upstream.awaitRead()).isNotSameAs(firstReader);
        upstream.push(STOP);
        assertThat(second.get()).containsExactly(numbered(0), STOP);
        goesOn.countDown();
        assertThat(first.get()).containsExactly(STOP);
    }

    @Test
    void isReadFromEverySequenceNumber() throws Exception {
        int count = 2_000; // over several segments
        var log = Events.logOf(numbered(0, count));
        log.end(STOP);

        for (int from = 0; from < count; from++) {
            var cursor = new StreamCursor(log, from);
            EventRun run = cursor.next();
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
    void runsFollowEachOtherWithoutAGap() throws Exception {
        var log = Events.logOf(numbered(0, 2_000));
        log.end(STOP);
        var cursor = new StreamCursor(log, 0);
        int next = 0;

        for (EventRun run = cursor.next(); !run.isEmpty(); run = cursor.next()) {
            assertThat(run.sequence()).isEqualTo(next);
            assertThat(run.events()).hasSize(run.count());
            next = run.next();
        }
        assertThat(next).isEqualTo(log.size()).isEqualTo(2_001);
    }

    @Test
    void aLateReaderSeesTheBeginningAndThenWhatComes() throws Exception {
        var log = logOn(upstream.push(numbered(0, 100)));
        new StreamCursor(log, 0).next();

        var late = threads.submit(() -> Events.rest(new StreamCursor(log, 0)));
        upstream.push(STOP);

        assertThat(late.get()).hasSize(101).startsWith(numbered(0)).endsWith(STOP);
    }

    @Test
    void aReaderWhoWaitsAtTheEndOfASegmentGoesOnInTheNext() throws Exception {
        var log = Events.log();
        log.readFrom(upstream);
        var cursor = new StreamCursor(log, 0);
        for (int i = 0; i < 500; i++) {
            upstream.push(numbered(i));
            assertThat(cursor.next().events()).containsExactly(numbered(i));
        }
    }

    @Test
    void aReaderWhoWaitsForAnEventBeyondTheEndGetsThatEvent() throws Exception {
        var log = Events.logOf(numbered(0, 90));
        int size = log.size();
        var cursor = new StreamCursor(log, size);
        log.end(STOP);

        assertThat(cursor.next().sequence()).isEqualTo(size);
    }

    @Test
    void whatComesAfterTheEndIsNotThere() {
        var log = Events.log();

        log.end(STOP);
        log.end(ERROR);

        assertThat(log.events()).containsExactly(STOP);
        assertThat(log.terminal()).contains(STOP);
    }

    @Test
    void anEndWhileAReadIsUnderWayIsTheOnlyOne() throws Exception {
        var log = logOn(upstream);
        var reader = threads.submit(() -> Events.rest(new StreamCursor(log, 0)));
        upstream.awaitRead();

        log.end(ERROR);
        upstream.push(numbered(0), STOP);

        assertThat(reader.get()).containsExactly(ERROR);
        assertThat(log.events()).containsExactly(ERROR);
        assertThat(upstream.closed).hasValue(1);
    }

    @Test
    void anEndWakesWhoeverWaits() throws Exception {
        var log = logOn(upstream);
        threads.submit(() -> Events.rest(new StreamCursor(log, 0)));
        upstream.awaitRead();
        var waiting = threads.submit(() -> Events.rest(new StreamCursor(log, 0)));

        log.end(ERROR);

        assertThat(waiting.get()).containsExactly(ERROR);
    }

    @Test
    void ofManyEndsAtOnceThereIsOne() throws Exception {
        for (int round = 0; round < 200; round++) {
            var ends = new AtomicInteger();
            var log = new StreamLog(Clock.systemUTC(), added -> {}, ends::incrementAndGet);
            var source = new Events.Pushed().push(STOP);
            log.readFrom(source);
            var start = new CyclicBarrier(4);
            var all = new ArrayList<Future<?>>();
            for (int i = 0; i < 3; i++) {
                all.add(threads.submit(() -> {
                    start.await();
                    log.end(ERROR);
                    return null;
                }));
            }
            all.add(threads.submit(() -> {
                start.await();
                return Events.rest(new StreamCursor(log, 0));
            }));
            for (var one : all) {
                one.get();
            }

            assertThat(log.events()).hasSize(1);
            assertThat(ends).hasValue(1);
            assertThat(source.closed).hasValue(1);
        }
    }

    @Test
    void theEndIsToldOnceAfterTheReaderHadTheTerminalEvent() throws Exception {
        var told = new ArrayList<Boolean>();
        var holder = new StreamLog[1];
        holder[0] = new StreamLog(Clock.systemUTC(), added -> {}, () -> told.add(holder[0].isEnded()));
        holder[0].readFrom(upstream.push(numbered(0)).push(STOP));

        var cursor = new StreamCursor(holder[0], 0);
        cursor.next();
        assertThat(cursor.next().events()).containsExactly(STOP);
        assertThat(told).isEmpty();
        cursor.next();
        holder[0].end(ERROR);

        assertThat(told).containsExactly(true);
    }

    @Test
    void theUpstreamIsClosedOnceAndNotBeforeTheReaderHadTheTerminalEvent() throws Exception {
        var log = logOn(upstream.push(STOP));
        var cursor = new StreamCursor(log, 0);

        assertThat(cursor.next().events()).containsExactly(STOP);
        assertThat(upstream.closed).hasValue(0);
        assertThat(cursor.next().isEmpty()).isTrue();
        assertThat(cursor.next().isEmpty()).isTrue();
        log.finishIfEnded();
        assertThat(upstream.closed).hasValue(1);
    }

    @Test
    void anUpstreamThatComesTooLateIsClosed() {
        var log = Events.log();
        log.end(ERROR);

        log.readFrom(upstream);

        assertThat(upstream.closed).hasValue(1);
        assertThat(upstream.reads).hasValue(0);
    }

    @Test
    void aReaderMayComeBeforeTheUpstream() throws Exception {
        var log = Events.log();
        var reader = threads.submit(() -> Events.rest(new StreamCursor(log, 0)));

        log.readFrom(upstream.push(STOP));

        assertThat(reader.get()).containsExactly(STOP);
    }

    @Test
    void aClosedCursorGivesNothing() throws Exception {
        var cursor = new StreamCursor(Events.logOf(numbered(0, 3)), 0);

        cursor.close();

        assertThat(cursor.next().isEmpty()).isTrue();
    }

    @Test
    void closingACursorWakesItsReader() throws Exception {
        var log = logOn(upstream);
        threads.submit(() -> new StreamCursor(log, 0).next());
        upstream.awaitRead();
        var cursor = new StreamCursor(log, 0);
        var thread = new AtomicReference<Thread>();
        var waiting = threads.submit(() -> {
            thread.set(Thread.currentThread());
            return cursor.next();
        });
        while (thread.get() == null || thread.get().getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }

        cursor.close();

        assertThat(waiting.get(10, TimeUnit.SECONDS).isEmpty()).isTrue();
        assertThat(log.isEnded()).isFalse();
    }

    @Test
    void largeEventsAreKeptWhole() throws Exception {
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
    void whatItKeepsIsToldByteForByte() {
        var told = new AtomicLong();
        var log = new StreamLog(Clock.systemUTC(), told::addAndGet, () -> {});
        long before = log.bytes();
        var source = new Events.Pushed();
        log.readFrom(source);
        var cursor = new StreamCursor(log, 0);

        for (int i = 0; i < 400; i++) {
            source.push(numbered(i));
            assertThat(cursor).satisfies(one -> assertThat(one.next().isEmpty()).isFalse());
            assertThat(before + told.get()).isEqualTo(log.bytes());
        }
        log.end(ServerSentEvent.of("error", "x".repeat(100_000)));

        assertThat(before + told.get()).isEqualTo(log.bytes());
        assertThat(log.bytes()).isGreaterThan(100_000 + 400 * numbered(0).size());
    }

    @Test
    void itsMemoryIsNotMuchMoreThanItsEvents() {
        var log = Events.logOf(numbered(0, 20_000));
        long events = log.events().stream().mapToLong(ServerSentEvent::size).sum();

        assertThat(log.bytes()).isBetween(events, events + events / 10 + 64_000);
    }

    @Test
    void anEndedLogIsKeptInLessAndReadsTheSame() throws Exception {
        var events = new ArrayList<>(numbered(0, 5_000));
        events.add(2_000, ServerSentEvent.of("large", "x".repeat(100_000)));
        events.add(ServerSentEvent.of("random", random(6_000)));
        events.add(STOP);
        var told = new AtomicLong();
        var log = new StreamLog(Clock.systemUTC(), told::addAndGet, () -> {});
        long before = log.bytes();
        log.readFrom(new Events.Pushed().push(events));
        Events.rest(new StreamCursor(log, 0));

        log.compact();

        assertThat(log.bytes()).isEqualTo(before + told.get()).isLessThan(200_000);
        assertThat(log.events()).isEqualTo(events);
        for (int from : new int[] {0, 1, 1_999, 2_000, 2_001, 4_321, 5_000, 5_001, 5_002}) {
            assertThat(Events.rest(new StreamCursor(log, from)))
                    .as("from %d", from)
                    .isEqualTo(events.subList(from, events.size()));
        }
        assertThat(log.terminal()).contains(STOP);
    }

    @Test
    void aReaderInTheMiddleOfALogThatIsCompactedReadsOn() throws Exception {
        var log = Events.log();
        var source = new Events.Pushed();
        log.readFrom(source);
        for (int i = 0; i < 3_000; i++) {
            source.push(numbered(i));
        }
        source.push(STOP);
        var reader = new StreamCursor(log, 0);
        for (int i = 0; i < 1_000; i++) {
            reader.next();
        }
        Events.rest(new StreamCursor(log, 0));

        log.compact();

        assertThat(Events.rest(reader))
                .hasSize(2_001)
                .startsWith(numbered(1_000))
                .endsWith(STOP);
    }

    @Test
    void aLogThatRunsIsNotCompacted() {
        StreamLog log = Events.logOf(numbered(0, 1_000));
        long before = log.bytes();

        log.compact();

        assertThat(log.bytes()).isEqualTo(before);
    }

    @Test
    void compactingTwiceIsCompactingOnce() {
        StreamLog log = Events.logOf(numbered(0, 1_000));
        log.end(STOP);
        log.compact();
        long once = log.bytes();

        log.compact();

        assertThat(log.bytes()).isEqualTo(once);
        assertThat(log.events()).hasSize(1_001);
    }

    @Test
    void nothingIsToldOfALogThatIsKeptNoLonger() throws Exception {
        var told = new AtomicLong();
        var log = new StreamLog(Clock.systemUTC(), told::addAndGet, () -> {});
        long before = log.bytes();
        log.readFrom(new Events.Pushed().push(numbered(0, 1_000)));
        new StreamCursor(log, 0).next();
        log.end(STOP);

        assertThat(log.release()).isEqualTo(before + told.get());
        long last = told.get();
        log.compact();

        assertThat(told).hasValue(last);
    }

    private static String random(int length) {
        var random = new Random(1);
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) (' ' + random.nextInt(95)));
        }
        return text.toString();
    }

    private static StreamLog logOn(StreamLog.Upstream source) {
        var log = Events.log();
        log.readFrom(source);
        return log;
    }
}
