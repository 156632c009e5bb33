package io.github.claudejakarta.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.claude.http.UnguardedClient;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.enterprise.event.Event;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests of streams that run on a thread of their caller. */
@Timeout(30)
class CallerRunStreamTest {

    private static final String START =
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\","
                    + "\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n";

    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final UnguardedClient client = new UnguardedClient(UnguardedClient.settings(upstream.url()), watchdog);
    private final WorkerThreads threads = TestThreads.of(CallerRunStreamTest::daemon, 1);
    private final ExecutorService callers = Executors.newCachedThreadPool(CallerRunStreamTest::daemon);
    private final List<StreamEnded> ended = new CopyOnWriteArrayList<>();
    private final LocalStreams streams = streams(client, 1 << 20);
    private final ClaudeCall call =
            new ClaudeCall(ClaudeRequest.stream(RequestBody.of("{\"stream\":true}".getBytes(StandardCharsets.UTF_8))));

    @AfterEach
    void close() {
        streams.close();
        callers.shutdownNow();
        upstream.close();
        client.close();
    }

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work, "carrier");
        thread.setDaemon(true);
        return thread;
    }

    @SuppressWarnings("unchecked")
    private LocalStreams streams(ClaudeClient own, long maxBytes) {
        var event = (Event<StreamEnded>) Proxy.newProxyInstance(
                CallerRunStreamTest.class.getClassLoader(),
                new Class<?>[] {Event.class},
                (proxy, method, arguments) -> {
                    ended.add((StreamEnded) arguments[0]);
                    return null;
                });
        var settings = new StreamSettings(
                Duration.ofMinutes(10), Duration.ofSeconds(10), Duration.ofSeconds(60), maxBytes, 50);
        return new LocalStreams(
                own,
                settings,
                RecoverySettings.DEFAULTS,
                threads,
                watchdog,
                caller -> () -> {},
                MemoryBudget.unlimited(),
                Clock.systemUTC(),
                event);
    }

    @Test
    void existsBeforeTheRequestIsSent() {
        ClaudeStream stream = streams.begin(new ClaudeCall(call.request().withCaller("alice"))).stream();

        assertThat(streams.find(stream.id())).containsSame(stream);
        assertThat(stream.owner()).isEqualTo("alice");
        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
        assertThat(stream.eventCount()).isZero();
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void runsToItsEndOnTheCallingThread() {
        upstream.answer(Script.sse(FixtureFile.sse("01_plain_text")));
        CallerRunStream callerRun = streams.begin(call);
        ClaudeStream stream = callerRun.stream();

        callerRun.run();

        assertThat(stream.status()).isEqualTo(StreamStatus.COMPLETED);
        assertThat(stream.eventCount()).isEqualTo(10);
        assertThat(stream.message().text()).isNotEmpty();
        assertThat(ended).extracting(StreamEnded::id).containsExactly(stream.id());
    }

    @Test
    void aWatcherFromTheBeginningGetsEveryEvent() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sseHead().pause(barrier).write(FixtureFile.sse("01_plain_text")));
        CallerRunStream callerRun = streams.begin(call);
        ClaudeStream stream = callerRun.stream();
        Future<List<StreamEvent>> watcher = callers.submit(() -> {
            var events = new ArrayList<StreamEvent>();
            stream.events().forEach(events::add);
            return events;
        });
        Future<?> running = callers.submit(callerRun::run);
        barrier.awaitReached();

        barrier.release();

        running.get(20, TimeUnit.SECONDS);
        assertThat(watcher.get(20, TimeUnit.SECONDS)).hasSize(10).last().isInstanceOf(StreamEvent.MessageStop.class);
    }

    @Test
    void anErrorOfClaudeEndsTheStreamWithItsDetails() {
        upstream.answer(Script.error(429, "rate_limit_error", "slow down", "retry-after: 30", "x-should-retry: true"));
        CallerRunStream callerRun = streams.begin(call);
        ClaudeStream stream = callerRun.stream();

        callerRun.run();

        assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
        ClaudeException error = stream.error().orElseThrow();
        assertThat(error.type()).isEqualTo(ErrorType.RATE_LIMIT);
        assertThat(error.retryAfter()).contains(Duration.ofSeconds(30));
        assertThat(error.headers()).containsEntry("x-should-retry", "true");
        assertThat(stream.events()).singleElement().isInstanceOf(StreamEvent.Error.class);
    }

    @Test
    void anErrorAsFirstEventKeepsTheHeadersOfItsAnswer() {
        upstream.answer(
                Script.sseHead("retry-after: 7").event("error", Script.errorBody("overloaded_error", "Overloaded")));
        CallerRunStream callerRun = streams.begin(call);
        ClaudeStream stream = callerRun.stream();

        callerRun.run();

        assertThat(stream.error().orElseThrow().type()).isEqualTo(ErrorType.OVERLOADED);
        assertThat(stream.error().orElseThrow().retryAfter()).contains(Duration.ofSeconds(7));
    }

    @Test
    void aStreamCanceledBeforeItRunsSendsNothing() {
        CallerRunStream callerRun = streams.begin(call);
        ClaudeStream stream = callerRun.stream();
        stream.cancel();

        callerRun.run();

        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
        assertThat(upstream.requests()).isEmpty();
        assertThat(ended).hasSize(1);
    }

    @Test
    void aStreamCanceledWhileItRunsReleasesItsThread() throws Exception {
        upstream.answer(Script.sseHead().write(START).stall());
        CallerRunStream callerRun = streams.begin(call);
        ClaudeStream stream = callerRun.stream();
        Future<?> running = callers.submit(callerRun::run);
        stream.events().iterator().next();

        stream.cancel();

        running.get(20, TimeUnit.SECONDS);
        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
        upstream.awaitOpenConnections(0);
    }

    @Test
    void aCanceledCallEndsTheStreamWithAFailure() throws Exception {
        upstream.answer(Script.sseHead().write(START).stall());
        CallerRunStream callerRun = streams.begin(call);
        ClaudeStream stream = callerRun.stream();
        Future<?> running = callers.submit(callerRun::run);
        stream.events().iterator().next();

        call.cancel();

        running.get(20, TimeUnit.SECONDS);
        assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
        upstream.awaitOpenConnections(0);
    }

    @Test
    void anInterruptEndsTheStreamAndIsKept() throws Exception {
        upstream.answer(Script.sseHead().write(START).stall());
        CallerRunStream callerRun = streams.begin(call);
        ClaudeStream stream = callerRun.stream();
        var carrier = new Thread[1];
        Future<Boolean> isInterrupted = callers.submit(() -> {
            carrier[0] = Thread.currentThread();
            callerRun.run();
            return Thread.interrupted();
        });
        stream.events().iterator().next();

        carrier[0].interrupt();

        assertThat(isInterrupted.get(20, TimeUnit.SECONDS)).isTrue();
        assertThat(stream.endedAt()).isPresent();
    }

    @Test
    void anInternalErrorEndsTheStream() {
        LocalStreams broken = streams(
                new ClaudeClient() {

                    @Override
                    public ClaudeAnswer call(ClaudeCall one) {
                        throw new IllegalStateException("ours");
                    }
                },
                1 << 20);
        CallerRunStream callerRun = broken.begin(call);
        ClaudeStream stream = callerRun.stream();

        callerRun.run();

        assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
        assertThat(stream.error().orElseThrow().errorMessage())
                .isEqualTo("The stream failed because of an internal error. The server's log has the cause.");
        broken.close();
    }

    @Test
    void withoutMemoryNoStreamBegins() {
        LocalStreams full = streams(client, 1);

        var refusal = catchThrowableOfType(ClaudeException.class, () -> full.begin(call));

        assertThat(refusal.status()).isEqualTo(529);
        assertThat(refusal.retryAfter()).isPresent();
        assertThat(full.list()).isEmpty();
        full.close();
    }
}
