package io.github.claudejakarta.stream;

import static io.github.claudejakarta.stream.Events.STOP;
import static io.github.claudejakarta.stream.Events.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.runtime.Watchdog;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SubscriptionTest {

    private static final StreamSettings SETTINGS =
            new StreamSettings(Duration.ofMinutes(10), Duration.ofSeconds(10), Duration.ofSeconds(60), 1 << 20, 10);

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicLong now = new AtomicLong(1_000);
    private final Watchdog watchdog = new Watchdog(now::get);
    private final Events.Pushed upstream = new Events.Pushed();
    private final ClaudeCall call = new ClaudeCall(ClaudeRequest.stream(RequestBody.of(new byte[0])));
    private final Output output = new Output();
    private final AtomicInteger cuts = new AtomicInteger();

    @AfterEach
    void stopThreads() {
        threads.shutdownNow();
    }

    @Test
    void writesEverythingToTheEnd() throws Exception {
        LiveStream stream = stream(false);
        upstream.push(numbered(0), numbered(1)).push(STOP);

        subscription(stream, 0, output).run();

        assertThat(output.events).containsExactly(numbered(0), numbered(1), STOP);
        assertThat(stream.status()).isEqualTo(StreamStatus.COMPLETED);
        assertThat(stream.subscribers()).isZero();
    }

    @Test
    void writesFromTheClientsPosition() throws Exception {
        LiveStream stream = stream(true);
        upstream.push(numbered(0), numbered(1), numbered(2), STOP);

        subscription(stream, 2, output).run();

        assertThat(output.events).containsExactly(numbered(2), STOP);
    }

    @Test
    void anOutputGetsTheLastEventsThatTheClientHad() throws Exception {
        LiveStream stream = stream(true);
        upstream.push(numbered(0, 20)).push(STOP);
        subscription(stream, 0, output).run();
        assertThat(output.before).containsExactly(List.of());

        subscription(stream, 3, output).run();
        subscription(stream, 20, output).run();

        assertThat(output.before).containsExactly(List.of(), numbered(0, 3), numbered(4, 20));
    }

    @Test
    void isCountedWhileItWatches() throws Exception {
        LiveStream stream = stream(false);
        var running = running(stream, output);

        assertThat(stream.subscribers()).isEqualTo(1);
        upstream.push(STOP);
        running.get();
        assertThat(stream.subscribers()).isZero();
    }

    @Test
    void sendsAHeartbeatAfterSilence() throws Exception {
        var running = running(stream(false), output);

        pass(Duration.ofSeconds(10));

        assertThat(output.heartbeats).hasValue(1);
        finish(running);
    }

    @Test
    void sendsNoHeartbeatBeforeSilence() throws Exception {
        var running = running(stream(false), output);

        pass(Duration.ofSeconds(10).minusNanos(1));

        assertThat(output.heartbeats).hasValue(0);
        finish(running);
    }

    @Test
    void sendsOneHeartbeatForEachSilence() throws Exception {
        var running = running(stream(false), output);

        pass(Duration.ofSeconds(10));
        pass(Duration.ofSeconds(9));
        assertThat(output.heartbeats).hasValue(1);
        pass(Duration.ofSeconds(1));
        assertThat(output.heartbeats).hasValue(2);
        finish(running);
    }

    @Test
    void eventsReplaceHeartbeats() throws Exception {
        var running = running(stream(false), output);
        pass(Duration.ofSeconds(9));
        upstream.push(numbered(0));
        upstream.awaitRead();

        pass(Duration.ofSeconds(9));
        assertThat(output.heartbeats).hasValue(0);
        pass(Duration.ofSeconds(1));
        assertThat(output.heartbeats).hasValue(1);
        finish(running);
    }

    @Test
    void sendsNoHeartbeatDuringAWrite() throws Exception {
        output.hold();
        var running = running(stream(false), output);
        upstream.push(numbered(0));
        output.awaitWrite();

        pass(Duration.ofSeconds(30));

        assertThat(output.heartbeats).hasValue(0);
        output.release();
        finish(running);
    }

    @Test
    void sendsNoHeartbeatAfterTheEnd() throws Exception {
        var running = running(stream(false), output);
        finish(running);

        pass(Duration.ofMinutes(5));

        assertThat(output.heartbeats).hasValue(0);
    }

    @Test
    void sendsAHeartbeatWhenAThreadIsFreeAgain() throws Exception {
        var busy = new AtomicInteger(1);
        Executor sometimesBusy = task -> {
            if (busy.getAndDecrement() > 0) {
                throw ClaudeException.of(ErrorType.OVERLOADED, "busy");
            }
            task.run();
        };
        var subscription =
                new Subscription(stream(false), 0, output, cuts::incrementAndGet, SETTINGS, sometimesBusy, watchdog);
        Future<Void> running = threads.submit(() -> {
            subscription.run();
            return null;
        });
        upstream.awaitRead();

        pass(Duration.ofSeconds(10));
        assertThat(output.heartbeats).hasValue(0);
        pass(Duration.ofSeconds(10));
        assertThat(output.heartbeats).hasValue(1);
        finish(running);
    }

    @Test
    void aClientThatCannotGetAHeartbeatHasLeft() throws Exception {
        LiveStream stream = stream(false);
        output.fail();
        var running = running(stream, output);

        pass(Duration.ofSeconds(10));

        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
        assertThat(stream.subscribers()).isZero();
        assertThat(call.isCanceled()).isTrue();
        assertThat(stream.log().terminal())
                .get()
                .extracting(ServerSentEvent::name)
                .isEqualTo("error");
        upstream.push(numbered(0));
        assertThatReturnsOrFails(running);
        assertThat(output.events).isEmpty();
    }

    @Test
    void aClientThatLeavesIsAnIoException() throws Exception {
        LiveStream stream = stream(false);
        output.fail();
        upstream.push(numbered(0));

        assertThatThrownBy(() -> subscription(stream, 0, output).run()).isInstanceOf(IOException.class);
    }

    @Test
    void theLastClientThatLeavesCancelsAStreamMadeForIt() throws Exception {
        LiveStream stream = stream(false);
        output.fail();
        upstream.push(numbered(0));

        assertThatThrownBy(() -> subscription(stream, 0, output).run()).isInstanceOf(IOException.class);

        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
        assertThat(call.isCanceled()).isTrue();
        assertThat(upstream.closed).hasValue(1);
    }

    @Test
    void aStreamThatOutlivesItsClientsContinues() throws Exception {
        LiveStream stream = stream(true);
        output.fail();
        upstream.push(numbered(0));

        assertThatThrownBy(() -> subscription(stream, 0, output).run()).isInstanceOf(IOException.class);

        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
        assertThat(call.isCanceled()).isFalse();
    }

    @Test
    void aClientThatLeavesWhileOthersWatchChangesNothing() throws Exception {
        LiveStream stream = stream(false);
        var staying = new Output();
        var running = running(stream, staying);
        var leaving = new Output();
        leaving.fail();
        upstream.push(numbered(0));
        upstream.awaitRead();

        assertThatThrownBy(() -> subscription(stream, 0, leaving).run()).isInstanceOf(IOException.class);

        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
        finish(running);
        assertThat(staying.events).containsExactly(numbered(0), STOP);
    }

    @Test
    void aStalledClientChangesNothingForTheOthers() throws Exception {
        LiveStream stream = stream(false);
        output.hold();
        var stalled = running(stream, output);
        upstream.push(numbered(0));
        output.awaitWrite();
        var other = new Output();

        var running = threads.submit(() -> {
            subscription(stream, 0, other).run();
            return null;
        });
        upstream.awaitRead();
        upstream.push(numbered(1)).push(STOP);
        running.get();

        assertThat(other.events).containsExactly(numbered(0), numbered(1), STOP);
        output.release();
        stalled.get();
        assertThat(output.events).containsExactly(numbered(0), numbered(1), STOP);
    }

    @Test
    void aClientThatReadsNothingForTooLongIsDisconnected() throws Exception {
        LiveStream stream = stream(false);
        output.hold();
        var running = running(stream, output);
        upstream.push(numbered(0));
        output.awaitWrite();

        pass(SETTINGS.writeTimeout().plusMillis(1));
        output.release();
        running.get(10, TimeUnit.SECONDS);

        assertThat(stream.subscribers()).isZero();
        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
        assertThat(output.events).containsExactly(numbered(0));
        assertThat(cuts).hasValue(1);
        assertThat(output.ends).singleElement().satisfies(end -> {
            assertThat(end.type()).isEqualTo(ErrorType.TIMEOUT);
            assertThat(end.errorMessage()).contains("60 s", "/v1/streams/stream_1");
        });
    }

    @Test
    void aClientThatReadsJustInTimeIsNotDisconnected() throws Exception {
        LiveStream stream = stream(false);
        output.hold();
        var running = running(stream, output);
        upstream.push(numbered(0));
        output.awaitWrite();

        pass(SETTINGS.writeTimeout().minusMillis(1));
        output.release();
        finish(running);

        assertThat(output.events).containsExactly(numbered(0), STOP);
        assertThat(output.ends).isEmpty();
        assertThat(cuts).hasValue(0);
    }

    @Test
    void aSlowClientIsDisconnectedAndTheStreamContinues() throws Exception {
        LiveStream stream = stream(true);
        output.hold();
        var running = running(stream, output);
        upstream.push(numbered(0));
        output.awaitWrite();

        pass(SETTINGS.writeTimeout().plusMillis(1));

        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
        output.release();
        running.get(10, TimeUnit.SECONDS);
        assertThat(output.ends).hasSize(1);
    }

    @Test
    void aSlowClientThatGotTheEndGetsNoError() throws Exception {
        LiveStream stream = stream(false);
        output.hold();
        var running = running(stream, output);
        upstream.push(STOP);
        output.awaitWrite();

        pass(SETTINGS.writeTimeout().plusMillis(1));
        output.release();
        assertThatReturnsOrFails(running);

        assertThat(output.events).containsExactly(STOP);
        assertThat(output.ends).isEmpty();
        assertThat(stream.status()).isEqualTo(StreamStatus.COMPLETED);
    }

    @Test
    void theWatchdogDoesNotCloseTheUpstreamItself() throws Exception {
        LiveStream stream = stream(false);
        output.hold();
        var running = running(stream, output);
        upstream.push(STOP);
        output.awaitWrite();

        pass(SETTINGS.writeTimeout().plusMillis(1));

        assertThat(upstream.closedBy).doesNotContain(Thread.currentThread());
        output.release();
        assertThatReturnsOrFails(running);
    }

    @Test
    void aCancelEndsItWithAnErrorEvent() throws Exception {
        LiveStream stream = stream(true);
        running(stream, output);
        var waiting = new Output();
        var second = threads.submit(() -> {
            subscription(stream, 0, waiting).run();
            return null;
        });

        stream.cancel();
        second.get();

        assertThat(waiting.events).singleElement().satisfies(end -> {
            assertThat(end.name()).isEqualTo("error");
            assertThat(end.data()).contains("\"api_error\"", "canceled");
        });
        assertThat(call.isCanceled()).isTrue();
    }

    @Test
    void anInterruptEndsTheWatchAndIsKept() throws Exception {
        LiveStream stream = stream(true);
        running(stream, output);
        var kept = threads.submit(() -> {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> subscription(stream, 0, new Output()).run())
                    .isInstanceOf(IOException.class);
            return Thread.interrupted();
        });

        assertThat(kept.get()).isTrue();
    }

    private LiveStream stream(boolean outlivesItsClients) {
        var stream = new LiveStream(
                "stream_1",
                "local",
                call,
                RecoveryMode.OFF,
                outlivesItsClients,
                Clock.systemUTC(),
                (one, added) -> {},
                one -> {});
        stream.readFrom(upstream);
        return stream;
    }

    private Subscription subscription(LiveStream stream, int from, StreamOutput to) {
        return new Subscription(stream, from, to, cuts::incrementAndGet, SETTINGS, this::andWait, watchdog);
    }

    /** Runs a task on another thread, as in the server, and waits for its end. */
    private void andWait(Runnable task) {
        try {
            threads.submit(task).get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs a subscription that reads the upstream. */
    private Future<Void> running(LiveStream stream, StreamOutput to) throws InterruptedException {
        Future<Void> running = threads.submit(() -> {
            subscription(stream, 0, to).run();
            return null;
        });
        upstream.awaitRead();
        return running;
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
        watchdog.tick();
    }

    private void finish(Future<Void> running) throws Exception {
        upstream.push(STOP);
        running.get(10, TimeUnit.SECONDS);
    }

    /** Checks that the thread ends, with or without a failure. */
    private static void assertThatReturnsOrFails(Future<Void> running) throws Exception {
        try {
            running.get(10, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(IOException.class);
        }
    }

    private static final class Output implements StreamOutput {

        final List<List<ServerSentEvent>> before = new CopyOnWriteArrayList<>();
        final List<ServerSentEvent> events = new CopyOnWriteArrayList<>();
        final AtomicInteger heartbeats = new AtomicInteger();
        final List<ClaudeException> ends = new CopyOnWriteArrayList<>();
        private final CountDownLatch writing = new CountDownLatch(1);
        private volatile CountDownLatch held = new CountDownLatch(0);
        private volatile boolean isGone;

        void hold() {
            held = new CountDownLatch(1);
        }

        void release() {
            held.countDown();
        }

        void awaitWrite() throws InterruptedException {
            writing.await();
        }

        void fail() {
            isGone = true;
        }

        @Override
        public void begin(List<ServerSentEvent> events) {
            before.add(events);
        }

        @Override
        public void write(EventRun run) throws IOException {
            writing.countDown();
            try {
                held.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            requireClient();
            events.addAll(run.events());
        }

        @Override
        public void heartbeat() throws IOException {
            requireClient();
            heartbeats.incrementAndGet();
        }

        @Override
        public void end(ClaudeException why) throws IOException {
            requireClient();
            ends.add(why);
        }

        private void requireClient() throws IOException {
            if (isGone) {
                throw new IOException("gone");
            }
        }
    }
}
