package io.github.claudejakarta.stream;

import static io.github.claudejakarta.stream.Events.ERROR;
import static io.github.claudejakarta.stream.Events.STOP;
import static io.github.claudejakarta.stream.Events.numbered;
import static io.github.claudejakarta.stream.Events.reader;
import static io.github.claudejakarta.stream.Events.readingFrom;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests of blocking readers, one of which reads the upstream. */
@Timeout(30)
class UpstreamReaderTest {

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Events.Pushed upstream = new Events.Pushed();

    @AfterEach
    void stopThreads() {
        threads.shutdownNow();
    }

    @Test
    void aReaderThatHasCaughtUpReadsTheUpstreamItself() throws Exception {
        var reads = readingFrom(upstream.push(numbered(0)).push(STOP));
        BlockingReader reader = reader(reads, 0);

        assertThat(reader.next().events()).containsExactly(numbered(0));
        assertThat(upstream.awaitRead()).isSameAs(Thread.currentThread());
        assertThat(reader.next().events()).containsExactly(STOP);
        assertThat(reader.next().isEmpty()).isTrue();
        assertThat(upstream.reads).hasValue(2);
    }

    @Test
    void aReaderThatHasNotCaughtUpReadsTheLog() throws Exception {
        var reads = readingFrom(upstream.push(numbered(0, 3)));
        reader(reads, 0).next();

        assertThat(reader(reads, 0).next().events()).isEqualTo(numbered(0, 3));
        assertThat(upstream.reads).hasValue(1);
    }

    @Test
    void waitingEventsAreOneRun() throws Exception {
        var reads = readingFrom(upstream.push(numbered(0)).push(numbered(1)).push(numbered(2), numbered(3)));
        var first = reader(reads, 0);
        for (int i = 0; i < 3; i++) {
            first.next();
        }

        EventRun run = reader(reads, 1).next();

        assertThat(run.sequence()).isEqualTo(1);
        assertThat(run.count()).isEqualTo(3);
        assertThat(run.next()).isEqualTo(4);
        assertThat(run.events()).isEqualTo(numbered(1, 4));
    }

    @Test
    void manyReadersSeeAllEventsOnceInOrder() throws Exception {
        int count = 3_000;
        var reads = readingFrom(upstream);
        var readers = new ArrayList<Future<List<ServerSentEvent>>>();
        for (int i = 0; i < 16; i++) {
            readers.add(threads.submit(() -> Events.rest(reader(reads, 0))));
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
        var reads = readingFrom(upstream);
        var readers = new ArrayList<Future<List<ServerSentEvent>>>();
        readers.add(threads.submit(() -> Events.rest(reader(reads, 0))));
        upstream.awaitRead();
        for (int i = 0; i < 5; i++) {
            readers.add(threads.submit(() -> Events.rest(reader(reads, 0))));
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
    void aSlowReaderDoesNotDelayTheReading() throws Exception {
        var reads = readingFrom(upstream.push(numbered(0)));
        var slowHasFirst = new CountDownLatch(1);
        var slowMayContinue = new CountDownLatch(1);
        var slow = threads.submit(() -> {
            BlockingReader reader = reader(reads, 0);
            var seen = new ArrayList<>(reader.next().events());
            slowHasFirst.countDown();
            slowMayContinue.await();
            seen.addAll(Events.rest(reader));
            return seen;
        });
        slowHasFirst.await();

        upstream.push(numbered(1)).push(numbered(2)).push(STOP);
        assertThat(Events.rest(reader(reads, 0))).containsExactly(numbered(0), numbered(1), numbered(2), STOP);
        assertThat(slow.isDone()).isFalse();

        slowMayContinue.countDown();
        assertThat(slow.get()).containsExactly(numbered(0), numbered(1), numbered(2), STOP);
    }

    @Test
    void theNextReaderThatCatchesUpContinuesTheReading() throws Exception {
        var reads = readingFrom(upstream);
        var writes = new CountDownLatch(1);
        var goesOn = new CountDownLatch(1);
        var first = threads.submit(() -> {
            BlockingReader reader = reader(reads, 0);
            reader.next();
            writes.countDown();
            goesOn.await();
            return Events.rest(reader);
        });
        Thread firstReader = upstream.awaitRead();
        var second = threads.submit(() -> Events.rest(reader(reads, 0)));

        upstream.push(numbered(0));
        writes.await();

        assertThat(upstream.awaitRead()).isNotSameAs(firstReader);
        upstream.push(STOP);
        assertThat(second.get()).containsExactly(numbered(0), STOP);
        goesOn.countDown();
        assertThat(first.get()).containsExactly(STOP);
    }

    @Test
    void aLateReaderSeesTheBeginningAndThenNewEvents() throws Exception {
        var reads = readingFrom(upstream.push(numbered(0, 100)));
        reader(reads, 0).next();

        var late = threads.submit(() -> Events.rest(reader(reads, 0)));
        upstream.push(STOP);

        assertThat(late.get()).hasSize(101).startsWith(numbered(0)).endsWith(STOP);
    }

    @Test
    void anEndDuringAReadIsTheOnlyOne() throws Exception {
        var reads = readingFrom(upstream);
        var reader = threads.submit(() -> Events.rest(reader(reads, 0)));
        upstream.awaitRead();

        end(reads, ERROR);
        upstream.push(numbered(0), STOP);

        assertThat(reader.get()).containsExactly(ERROR);
        assertThat(reads.log().events()).containsExactly(ERROR);
        assertThat(upstream.closed).hasValue(1);
    }

    @Test
    void anEndWakesWaitingReaders() throws Exception {
        var reads = readingFrom(upstream);
        threads.submit(() -> Events.rest(reader(reads, 0)));
        upstream.awaitRead();
        var waiting = threads.submit(() -> Events.rest(reader(reads, 0)));

        end(reads, ERROR);

        assertThat(waiting.get()).containsExactly(ERROR);
    }

    @Test
    void ofManyConcurrentEndsOneCounts() throws Exception {
        for (int round = 0; round < 200; round++) {
            var ends = new AtomicInteger();
            var reads = new UpstreamReader(Events.log(), ends::incrementAndGet);
            var source = new Events.Pushed().push(STOP);
            reads.readFrom(source);
            var start = new CyclicBarrier(4);
            var all = new ArrayList<Future<?>>();
            for (int i = 0; i < 3; i++) {
                all.add(threads.submit(() -> {
                    start.await();
                    end(reads, ERROR);
                    return null;
                }));
            }
            all.add(threads.submit(() -> {
                start.await();
                return Events.rest(reader(reads, 0));
            }));
            for (var one : all) {
                one.get();
            }

            assertThat(reads.log().events()).hasSize(1);
            assertThat(ends).hasValue(1);
            assertThat(source.closed).hasValue(1);
        }
    }

    /** The terminal event may be appended between a reader's check of the end and its poll. */
    @Test
    void noReaderMissesAnEndDuringItsPoll() throws Exception {
        for (int round = 0; round < 2_000; round++) {
            StreamLog log = Events.log();
            var reads = new UpstreamReader(log, () -> {});
            var start = new CyclicBarrier(2);
            var reader = threads.submit(() -> {
                start.await();
                return Events.rest(reader(reads, 0));
            });

            start.await();
            log.end(STOP);

            assertThat(reader.get()).containsExactly(STOP);
        }
    }

    @Test
    void theEndIsReportedOnceAfterTheReaderGotTheTerminalEvent() throws Exception {
        var results = new ArrayList<Boolean>();
        StreamLog log = Events.log();
        var reads = new UpstreamReader(log, () -> results.add(log.isEnded()));
        reads.readFrom(upstream.push(numbered(0)).push(STOP));

        BlockingReader reader = reader(reads, 0);
        reader.next();
        assertThat(reader.next().events()).containsExactly(STOP);
        assertThat(results).isEmpty();
        reader.next();
        end(reads, ERROR);

        assertThat(results).containsExactly(true);
    }

    @Test
    void theUpstreamIsClosedOnceAfterTheReaderGotTheTerminalEvent() throws Exception {
        var reads = readingFrom(upstream.push(STOP));
        BlockingReader reader = reader(reads, 0);

        assertThat(reader.next().events()).containsExactly(STOP);
        assertThat(upstream.closed).hasValue(0);
        assertThat(reader.next().isEmpty()).isTrue();
        assertThat(reader.next().isEmpty()).isTrue();
        reads.finishIfEnded();
        assertThat(upstream.closed).hasValue(1);
    }

    @Test
    void aLateUpstreamIsClosed() {
        var reads = new UpstreamReader(Events.log(), () -> {});
        end(reads, ERROR);

        reads.readFrom(upstream);

        assertThat(upstream.closed).hasValue(1);
        assertThat(upstream.reads).hasValue(0);
    }

    @Test
    void aReaderMayExistBeforeTheUpstream() throws Exception {
        var reads = new UpstreamReader(Events.log(), () -> {});
        var reader = threads.submit(() -> Events.rest(reader(reads, 0)));

        reads.readFrom(upstream.push(STOP));

        assertThat(reader.get()).containsExactly(STOP);
    }

    @Test
    void aClosedReaderReturnsNothing() throws Exception {
        BlockingReader reader = reader(new UpstreamReader(Events.logOf(numbered(0, 3)), () -> {}), 0);

        reader.close();

        assertThat(reader.next().isEmpty()).isTrue();
    }

    @Test
    void closingAReaderEndsItsWait() throws Exception {
        var reads = readingFrom(upstream);
        threads.submit(() -> reader(reads, 0).next());
        upstream.awaitRead();
        BlockingReader reader = reader(reads, 0);
        var thread = new AtomicReference<Thread>();
        var waiting = threads.submit(() -> {
            thread.set(Thread.currentThread());
            return reader.next();
        });
        while (thread.get() == null || thread.get().getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }

        reader.close();

        assertThat(waiting.get(10, TimeUnit.SECONDS).isEmpty()).isTrue();
        assertThat(reads.log().isEnded()).isFalse();
    }

    /** No other reader could read if a failed reader kept its state. */
    @Test
    void anUpstreamThatFailsIsReadAgain() throws Exception {
        var reads = readingFrom(new EventSource() {
            private boolean hasFailed;

            @Override
            public List<ServerSentEvent> read() {
                if (!hasFailed) {
                    hasFailed = true;
                    throw new StackOverflowError("an upstream of this test fails");
                }
                return List.of(STOP);
            }

            @Override
            public void close() {}
        });
        assertThatThrownBy(() -> reader(reads, 0).next()).isInstanceOf(StackOverflowError.class);

        assertThat(threads.submit(() -> reader(reads, 0).next().events()).get(10, TimeUnit.SECONDS))
                .containsExactly(STOP);
    }

    @Test
    void aReaderThatMayNotReadTheUpstreamWaitsForOneThatDoes() throws Exception {
        var reads = readingFrom(upstream.push(STOP));
        var waiting = threads.submit(() -> Events.rest(new BlockingReader(reads, 0, false)));
        assertThat(upstream.reads).hasValue(0);

        reader(reads, 0).next();

        assertThat(waiting.get(10, TimeUnit.SECONDS)).containsExactly(STOP);
        assertThat(upstream.reads).hasValue(1);
    }

    /** The log may get its events from an upstream that pushes, or from another node. */
    @Test
    void aReaderWaitsForALogThatOthersAppendTo() throws Exception {
        StreamLog log = Events.log();
        var reads = new UpstreamReader(log, () -> {});
        var reader = threads.submit(() -> Events.rest(reader(reads, 0)));

        for (int i = 0; i < 1_000; i++) {
            log.append(List.of(numbered(i)));
        }
        log.end(STOP);

        assertThat(reader.get(10, TimeUnit.SECONDS))
                .hasSize(1_001)
                .startsWith(numbered(0))
                .endsWith(STOP);
    }

    /** A reader that has seen nothing may still get the upstream. It first reads the events that arrived in between. */
    @Test
    void theUpstreamIsNotReadForAReaderThatIsBehind() {
        var reads = readingFrom(upstream);
        reads.log().append(List.of(numbered(0)));

        assertThat(reads.readAfter(0)).isTrue();

        assertThat(upstream.reads).hasValue(0);
        assertThat(reads.isFree()).isTrue();
    }

    private static void end(UpstreamReader reads, ServerSentEvent terminal) {
        reads.log().end(terminal);
        reads.finishIfEnded();
    }
}
