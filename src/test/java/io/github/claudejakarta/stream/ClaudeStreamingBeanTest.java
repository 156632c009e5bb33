package io.github.claudejakarta.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.EventStreams;
import io.github.claudejakarta.claude.http.UnguardedClient;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import io.github.claudejakarta.web.Shutdown;
import io.github.claudejakarta.web.StreamQuota;
import jakarta.enterprise.event.Event;
import jakarta.json.Json;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(30)
class ClaudeStreamingBeanTest {

    private static final RecoverySettings RECOVERY = RecoverySettings.DEFAULTS;
    private static final MessageRequest REQUEST = MessageRequest.of("m", 10, "hi");
    private static final String START =
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\","
                    + "\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n";
    private static final String STOP = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final UnguardedClient client = new UnguardedClient(UnguardedClient.settings(upstream.url()), watchdog);
    private final WorkerThreads threads = TestThreads.of(ClaudeStreamingBeanTest::daemon, 50);
    private final ExecutorService readers = Executors.newCachedThreadPool();
    private final BlockingQueue<StreamEnded> ended = new LinkedBlockingQueue<>();
    private final LocalStreams streams = streams(1 << 20, threads, caller -> () -> {});
    private final ClaudeStreamingBean claude = bean(streams, threads);

    @AfterEach
    void close() {
        streams.close();
        readers.shutdownNow();
        threads.close();
        upstream.close();
        client.close();
    }

    @Test
    void requestsAStream() throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse("01_plain_text")));

        claude.stream(REQUEST).message();

        var request = upstream.takeRequest();
        assertThat(request.target()).isEqualTo("/v1/messages");
        assertThat(request.json().getBoolean("stream")).isTrue();
        assertThat(request.json().getString("model")).isEqualTo("m");
    }

    @Test
    void aShutdownEndsStreamsAndCallsAndRejectsNewOnes() throws Exception {
        var shutdown = new Shutdown(ClaudeStreamingBeanTest::daemon);
        streams.stopWith(shutdown);
        claude.stopWith(shutdown);
        upstream.answer(
                Script.sseHead()
                        .event("message_start", "{\"type\":\"message_start\",\"message\":{}}")
                        .stall(),
                Script.nothing().stall());
        ClaudeStream stream = claude.stream(REQUEST);
        streams.firstEvent(stream).await();
        Future<?> sending = readers.submit(() -> claude.send(REQUEST));
        upstream.awaitOpenConnections(2);

        shutdown.run();

        assertThatThrownBy(stream::message).isInstanceOf(ClaudeException.class).hasMessageContaining("shutting down");
        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
        assertThat(((LiveStream) stream).isStopped()).isTrue();
        assertThat(catchThrowable(() -> sending.get(20, TimeUnit.SECONDS)))
                .rootCause()
                .hasMessageContaining("shutting down");
        assertThatThrownBy(() -> claude.stream(REQUEST))
                .isInstanceOf(ClaudeException.class)
                .hasMessageContaining("shutting down");
        assertThatThrownBy(() -> claude.send(REQUEST))
                .isInstanceOf(ClaudeException.class)
                .hasMessageContaining("shutting down");
        assertThat(threads.awaitIdle(Duration.ofSeconds(20))).isTrue();
    }

    @Test
    void beansCreatedDuringAShutdownSendNothing() {
        var shutdown = new Shutdown(ClaudeStreamingBeanTest::daemon);
        shutdown.run();

        streams.stopWith(shutdown);
        claude.stopWith(shutdown);

        assertThatThrownBy(() -> claude.stream(REQUEST))
                .isInstanceOf(ClaudeException.class)
                .hasMessageContaining("shutting down");

        assertThatThrownBy(() -> claude.send(REQUEST))
                .isInstanceOf(ClaudeException.class)
                .hasMessageContaining("shutting down");
    }

    @Test
    void everyReaderGetsEveryEvent() throws Exception {
        upstream.answer(Script.sseByteByByte(FixtureFile.sse("02_parallel_tools")));
        ClaudeStream stream = claude.stream(REQUEST);

        var all = new ArrayList<Future<List<StreamEvent>>>();
        for (int i = 0; i < 20; i++) {
            all.add(readers.submit(() -> {
                var events = new ArrayList<StreamEvent>();
                stream.events().forEach(events::add);
                return events;
            }));
        }

        for (var one : all) {
            assertThat(one.get())
                    .hasSize(21)
                    .isEqualTo(all.get(0).get())
                    .last()
                    .isInstanceOf(StreamEvent.MessageStop.class);
        }
        assertThat(stream.eventCount()).isEqualTo(21);
        assertThat(stream.status()).isEqualTo(StreamStatus.COMPLETED);
    }

    @Test
    void eventsMayBeReadAgain() {
        upstream.answer(Script.sse(FixtureFile.sse("01_plain_text")));
        ClaudeStream stream = claude.stream(REQUEST);

        assertThat(stream.events()).hasSize(10);
        assertThat(stream.events()).hasSize(10);
    }

    @Test
    void textContainsAllTextBlocks() {
        upstream.answer(Script.sse(FixtureFile.sse("01_plain_text")));
        ClaudeStream stream = claude.stream(REQUEST);

        String text = stream.text().collect(Collectors.joining());

        assertThat(text)
                .isNotEmpty()
                .isEqualTo(json("01_plain_text")
                        .getJsonArray("content")
                        .getJsonObject(0)
                        .getString("text"));
    }

    @ParameterizedTest
    @MethodSource("completeFixtures")
    void theMessageMatchesTheRecording(String name) {
        upstream.answer(Script.sse(FixtureFile.sse(name)));
        ClaudeStream stream = claude.stream(REQUEST);

        assertThat(stream.message().json()).isEqualTo(json(name));
        assertThat(stream.messageSoFar()).contains(stream.message());
        assertThat(stream.error()).isEmpty();
    }

    static List<String> completeFixtures() {
        return List.of(
                "01_plain_text",
                "02_parallel_tools",
                "03_thinking_signature",
                "08_ping_heavy",
                "10_unicode",
                "13_crlf_stop_sequence");
    }

    @Test
    void theMessageSoFarIsAvailableWhileItRuns() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sseHead().write(START).pause(barrier).write(STOP));
        ClaudeStream stream = claude.stream(REQUEST);
        assertThat(stream.messageSoFar()).isEmpty();
        stream.events().iterator().next();

        assertThat(stream.messageSoFar())
                .get()
                .satisfies(message -> assertThat(message.json().getString("id")).isEqualTo("msg_1"));
        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
        assertThat(stream.endedAt()).isEmpty();
        barrier.release();
        stream.message();
    }

    @Test
    void anErrorWithinTheStreamIsThrownByItsMessageAndItsText() {
        upstream.answer(Script.sse(FixtureFile.sse("07_error_overloaded")));
        ClaudeStream stream = claude.stream(REQUEST);

        var failure = catchThrowableOfType(ClaudeException.class, stream::message);

        assertThat(failure.type()).isEqualTo(ErrorType.OVERLOADED);
        assertThatThrownBy(() -> stream.text().forEach(text -> {})).isInstanceOf(ClaudeException.class);
        assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
        assertThat(stream.error()).isPresent();
        assertThat(stream.messageSoFar()).isPresent();
    }

    @Test
    void aStreamThatIsCutOffIsAFailure() {
        upstream.answer(Script.sse(FixtureFile.sse("12_truncated_eof")));
        ClaudeStream stream = claude.stream(REQUEST);

        assertThat(catchThrowableOfType(ClaudeException.class, stream::message).errorMessage())
                .contains("without message_stop");
        assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
    }

    @Test
    void aConnectionThatBreaksIsAFailure() {
        upstream.answer(Script.sseHead().write(START).reset());

        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> claude.stream(REQUEST).message())
                        .type())
                .isEqualTo(ErrorType.API);
    }

    @Test
    void anErrorOfClaudeEndsTheStream() {
        upstream.answer(Script.error(400, "invalid_request_error", "max_tokens: too many"));
        ClaudeStream stream = claude.stream(REQUEST);

        assertThat(stream.events())
                .singleElement()
                .isInstanceOfSatisfying(
                        StreamEvent.Error.class,
                        error -> assertThat(error.exception().errorMessage()).isEqualTo("max_tokens: too many"));
        assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
    }

    @Test
    void aCancelReachesClaudeAndEveryReader() throws Exception {
        upstream.answer(Script.sseHead().write(START).stall());
        ClaudeStream stream = claude.stream(REQUEST);
        stream.events().iterator().next();

        stream.cancel();

        upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS);
        assertThat(stream.events()).last().isInstanceOf(StreamEvent.Error.class);
        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
        stream.cancel();
        assertThat(stream.eventCount()).isEqualTo(2);
    }

    @Test
    void aCancelBeforeTheFirstEventReachesClaudeToo() throws Exception {
        upstream.answer(Script.nothing().stall());
        ClaudeStream stream = claude.stream(REQUEST);
        var request = upstream.takeRequest();

        stream.cancel();

        request.clientGone().get(10, TimeUnit.SECONDS);
        assertThat(stream.events()).singleElement().isInstanceOf(StreamEvent.Error.class);
        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
    }

    @Test
    void anInterruptedReaderDoesNotAffectOthers() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sseHead().write(START).pause(barrier).write(STOP));
        ClaudeStream stream = claude.stream(REQUEST);
        var thread = new Thread[1];
        Future<Boolean> interrupted = readers.submit(() -> {
            var events = stream.events().iterator();
            events.next();
            thread[0] = Thread.currentThread();
            assertThatThrownBy(events::next).isInstanceOf(ClaudeException.class).hasMessageContaining("Interrupted");
            return Thread.interrupted();
        });
        barrier.awaitReached();
        while (thread[0] == null) {
            Thread.onSpinWait();
        }

        thread[0].interrupt();

        assertThat(interrupted.get()).isTrue();
        barrier.release();
        assertThat(stream.events()).hasSize(2).last().isInstanceOf(StreamEvent.MessageStop.class);
    }

    @Test
    void sendDoesNotStream() throws Exception {
        upstream.answer(Script.json(200, "{\"id\":\"msg_1\",\"type\":\"message\",\"content\":[]}"));

        assertThat(claude.send(REQUEST).json().getString("id")).isEqualTo("msg_1");
        assertThat(upstream.takeRequest().json().getBoolean("stream")).isFalse();
    }

    @Test
    void sendThrowsTheErrorOfClaude() {
        upstream.answer(Script.error(401, "authentication_error", "invalid x-api-key"));

        assertThat(catchThrowableOfType(ClaudeException.class, () -> claude.send(REQUEST))
                        .status())
                .isEqualTo(401);
    }

    @Test
    void sendDoesNotAcceptAPageAsAMessage() {
        upstream.answer(Script.sized(6, 200, "content-type: text/html").write("<html>"));

        assertThat(catchThrowableOfType(ClaudeException.class, () -> claude.send(REQUEST))
                        .type())
                .isEqualTo(ErrorType.API);
    }

    @Test
    void streamsAreFoundWhileTheyAreStored() {
        upstream.answer(Script.sse(FixtureFile.sse("01_plain_text")));
        ClaudeStream stream = claude.stream(REQUEST);
        stream.message();

        assertThat(claude.find(stream.id())).containsSame(stream);
        assertThat(claude.find("stream_x")).isEmpty();
        assertThat(claude.streams()).containsExactly(stream);
    }

    @Test
    void theEndIsReportedOnceWithItsUsage() throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse("01_plain_text")));
        ClaudeStream stream = claude.stream(REQUEST);

        StreamEnded reported = ended.poll(10, TimeUnit.SECONDS);

        assertThat(reported.id()).isEqualTo(stream.id());
        assertThat(reported.status()).isEqualTo(StreamStatus.COMPLETED);
        assertThat(reported.usage()).contains(stream.message().usage());
        assertThat(reported.elapsed()).isGreaterThanOrEqualTo(Duration.ZERO);
        assertThat(reported.model()).contains(stream.message().model());
        assertThat(reported.error()).isEmpty();
        assertThat(reported.caller()).isEqualTo("local");
        assertThat(ended).isEmpty();
    }

    @Test
    void theEndOfAFailureHasItsErrorCallerAndModel() throws Exception {
        upstream.answer(Script.error(400, "invalid_request_error", "no"));
        claude.stream(REQUEST, RequestOptions.none().withCaller("alice").withCorrelation("order-7"));

        StreamEnded reported = ended.poll(10, TimeUnit.SECONDS);

        assertThat(reported.status()).isEqualTo(StreamStatus.FAILED);
        assertThat(reported.usage()).isEmpty();
        assertThat(reported.model()).contains("m");
        assertThat(reported.error())
                .hasValueSatisfying(error -> assertThat(error.status()).isEqualTo(400));
        assertThat(reported.caller()).isEqualTo("alice");
        assertThat(reported.correlation()).contains("order-7");
    }

    @Test
    void aFailureBeforeTheFirstEventIsThrownByOpen() {
        upstream.answer(Script.sse(FixtureFile.sse("07b_error_first_event")));

        assertThat(catchThrowableOfType(ClaudeException.class, () -> streams.open(call()))
                        .status())
                .isEqualTo(529);
        assertThat(claude.streams()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.upstream.FixtureFile#names")
    void relaysByteForByte(String name) throws Exception {
        if (name.equals("07b_error_first_event") || name.equals("12_truncated_eof")) {
            return; // no clean stream, by another test
        }
        upstream.answer(Script.sseByteByByte(FixtureFile.sse(name)));
        var out = new ByteArrayOutputStream();

        try (var opened = streams.open(call())) {
            assertThat(opened.headers()).containsEntry("request-id", "req_scripted");
            streams.watch(opened.stream(), 0, new VerbatimOutput(out), ClientConnection.UNKNOWN);
        }

        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(EventStreams.framed(FixtureFile.sse(name)));
    }

    @Test
    void aRelayedStreamIsCompressed() throws Exception {
        upstream.answer(Script.sse(longAnswer()));

        OpenedStream opened = streams.open(call());
        streams.watch(
                opened.stream(), 0, new VerbatimOutput(OutputStream.nullOutputStream()), ClientConnection.UNKNOWN);
        opened.close();

        assertThat(((LiveStream) opened.stream()).log().bytes()).isLessThan(longAnswer().length / 4);
        assertThat(opened.stream().eventCount()).isEqualTo(2_000);
    }

    @Test
    void aStreamWithoutClientsIsCompressed() throws Exception {
        byte[] answer = longAnswer();
        upstream.answer(Script.sse(answer));

        ClaudeStream stream = claude.stream(REQUEST);

        // the time limit of the test interrupts it
        while (((LiveStream) stream).log().bytes() > answer.length / 4 || stream.eventCount() < 2_000) {
            Thread.sleep(5);
        }
    }

    @Test
    void aStreamThatAWatcherRanIsCompressed() throws Exception {
        byte[] answer = longAnswer();
        var halfway = new Barrier();
        upstream.answer(Script.sseHead().write(START).pause(halfway).write(answer));
        OpenedStream opened = streams.open(call());
        ClaudeStream stream = opened.stream();
        claude.broadcast(stream.id(), null, silent(SseEventSink.class), silent(Sse.class));
        while (stream.subscribers() == 0) {
            Thread.sleep(5);
        }
        opened.close();

        halfway.release();

        while (((LiveStream) stream).log().bytes() > answer.length / 4 || stream.eventCount() < 2_001) {
            Thread.sleep(5);
        }
        assertThat(stream.status()).isEqualTo(StreamStatus.COMPLETED);
    }

    /** Returns a client that accepts every call and returns nothing. Only its reading matters. */
    private static <T> T silent(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Class<?> result = method.getReturnType();
                    if (result == CompletionStage.class) {
                        return CompletableFuture.completedStage(null);
                    }
                    if (result == OutboundSseEvent.Builder.class) {
                        return silent(OutboundSseEvent.Builder.class);
                    }
                    return result == boolean.class ? false : null;
                }));
    }

    private static byte[] longAnswer() {
        String delta = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0}\n\n";
        return (delta.repeat(1_999) + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aCompleteStreamLeavesItsConnectionForTheNext() throws Exception {
        upstream.otherwise(request -> Script.sse(FixtureFile.sse("01_plain_text")));

        for (int i = 0; i < 5; i++) {
            try (var opened = streams.open(call())) {
                streams.watch(
                        opened.stream(),
                        0,
                        new VerbatimOutput(OutputStream.nullOutputStream()),
                        ClientConnection.UNKNOWN);
            }
        }

        assertThat(upstream.acceptedConnections()).isEqualTo(1);
        assertThat(client.connectionsInUse()).isZero();
        assertThat(client.connectionsIdle()).isEqualTo(1);
    }

    @Test
    void aClientThatLeavesCancelsItsStream() throws Exception {
        upstream.answer(Script.sseHead().write(START).stall());
        var gone = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("gone");
            }
        };

        try (var opened = streams.open(call())) {
            assertThatThrownBy(
                            () -> streams.watch(opened.stream(), 0, new VerbatimOutput(gone), ClientConnection.UNKNOWN))
                    .isInstanceOf(IOException.class);
            assertThat(opened.stream().status()).isEqualTo(StreamStatus.CANCELED);
        }

        upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS);
        assertThat(client.connectionsInUse()).isZero();
    }

    @Test
    void aClientThatNeverConnectsCancelsItsStream() throws Exception {
        upstream.answer(Script.sseHead().write(START).stall());

        streams.open(call()).close();

        upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS);
    }

    @Test
    void theTextEndsWithTheErrorOfAFailedStream() throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse("07_error_overloaded")));
        ClaudeStream stream = claude.stream(REQUEST);
        var out = new ByteArrayOutputStream();

        streams.watch(stream, 0, new TextOutput(out, leave -> {}), ClientConnection.UNKNOWN);

        assertThat(out.toString(StandardCharsets.UTF_8).lines().reduce((a, b) -> b))
                .get()
                .asString()
                .startsWith("{\"type\":\"error\"")
                .contains("overloaded_error");
    }

    @Test
    void thePlainTextIsTheText() throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse("10_unicode")));
        ClaudeStream stream = claude.stream(REQUEST);
        var out = new ByteArrayOutputStream();

        streams.watch(stream, 0, new TextOutput(out, leave -> {}), ClientConnection.UNKNOWN);

        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(stream.text().collect(Collectors.joining()));
    }

    @Test
    void streamsBeyondTheMemoryAreRejectedAndSendNothing() throws Exception {
        upstream.otherwise(request -> Script.sseHead().write(START).stall());
        LocalStreams full = streams(5_000, threads, caller -> () -> {});
        ClaudeStreamingBean small = bean(full, threads);
        small.stream(REQUEST);
        upstream.takeRequest();

        assertThat(catchThrowableOfType(ClaudeException.class, () -> small.stream(REQUEST))
                        .status())
                .isEqualTo(529);
        assertThat(catchThrowableOfType(ClaudeException.class, () -> full.open(call()))
                        .status())
                .isEqualTo(529);
        full.close();
    }

    @Test
    void streamsBeyondTheThreadsAreRejected() throws Exception {
        upstream.otherwise(request -> Script.sseHead().write(START).stall());
        var one = TestThreads.of(ClaudeStreamingBeanTest::daemon, 1);
        LocalStreams narrow = streams(1 << 20, one, caller -> () -> {});
        ClaudeStreamingBean small = bean(narrow, one);
        small.stream(REQUEST);
        upstream.takeRequest();

        var refusal = catchThrowableOfType(ClaudeException.class, () -> small.stream(REQUEST));

        assertThat(refusal.status()).isEqualTo(529);
        assertThat(refusal.retryAfter()).isPresent();
        narrow.close();
        one.close();
    }

    @Test
    void theEndOfTheServerCancelsRunningStreams() throws Exception {
        upstream.answer(Script.sseHead().write(START).stall());
        ClaudeStream stream = claude.stream(REQUEST);
        var request = upstream.takeRequest();

        streams.close();

        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
        request.clientGone().get(10, TimeUnit.SECONDS);
    }

    @Test
    void aStreamCountsUntilItEnds() throws Exception {
        upstream.answer(Script.sseHead().write(START).stall());
        upstream.answer(Script.sse(FixtureFile.sse("01_plain_text")));
        upstream.answer(Script.error(400, "invalid_request_error", "no"));
        var chunks = new ArrayList<String>();
        StreamQuota quota = caller -> {
            chunks.add(caller);
            return () -> assertThat(chunks.remove(caller)).isTrue();
        };
        LocalStreams limited = streams(1 << 20, threads, quota);

        ClaudeStream running = limited.start(request().withCaller("alice"));
        upstream.takeRequest();
        try (OpenedStream opened = limited.open(new ClaudeCall(request().withCaller("bob")))) {
            assertThat(chunks).containsExactly("alice", "bob");
            limited.watch(
                    opened.stream(), 0, new VerbatimOutput(OutputStream.nullOutputStream()), ClientConnection.UNKNOWN);
        }
        assertThat(chunks).containsExactly("alice");
        assertThat(catchThrowable(() -> limited.open(new ClaudeCall(request().withCaller("carol")))))
                .isInstanceOf(ClaudeException.class);
        assertThat(chunks).containsExactly("alice");
        running.cancel();
        assertThat(chunks).isEmpty();
    }

    @Test
    void aCallerAtItsLimitGetsNoMoreStreams() {
        StreamQuota none = caller -> {
            throw ClaudeException.of(ErrorType.RATE_LIMIT, "no more");
        };
        LocalStreams limited = streams(1 << 20, threads, none);

        assertThat(catchThrowableOfType(ClaudeException.class, () -> limited.open(call()))
                        .status())
                .isEqualTo(429);
        assertThat(catchThrowableOfType(ClaudeException.class, () -> limited.start(request()))
                        .status())
                .isEqualTo(429);
        assertThat(limited.list()).isEmpty();
        // streams of jobs do not count
        limited.begin(call()).stream().cancel();
    }

    private static ClaudeCall call() {
        return new ClaudeCall(request());
    }

    private static ClaudeRequest request() {
        return ClaudeRequest.stream(RequestBody.of("{\"stream\":true}".getBytes(StandardCharsets.UTF_8)));
    }

    private LocalStreams streams(long maxBytes, WorkerThreads threadsOfStreams, StreamQuota quota) {
        return new LocalStreams(
                client,
                settings(maxBytes),
                RECOVERY,
                threadsOfStreams,
                watchdog,
                quota,
                MemoryBudget.unlimited(),
                Clock.systemUTC(),
                event());
    }

    private ClaudeStreamingBean bean(Streams of, WorkerThreads threadsOfStreams) {
        return new ClaudeStreamingBean(
                of,
                client,
                MessageDefaults.NONE,
                (caller, isForTokens) -> {},
                threadsOfStreams,
                MemoryBudget.unlimited(),
                watchdog);
    }

    private static StreamSettings settings(long maxBytes) {
        return new StreamSettings(Duration.ofMinutes(10), Duration.ofSeconds(10), Duration.ofSeconds(60), maxBytes, 50);
    }

    @SuppressWarnings("unchecked")
    private Event<StreamEnded> event() {
        return (Event<StreamEnded>) Proxy.newProxyInstance(
                ClaudeStreamingBeanTest.class.getClassLoader(),
                new Class<?>[] {Event.class},
                (proxy, method, arguments) -> {
                    ended.add((StreamEnded) arguments[0]);
                    return null;
                });
    }

    private static jakarta.json.JsonObject json(String name) {
        try (var in = FixtureFile.class.getResourceAsStream("/fixtures/" + name + ".json");
                var reader = Json.createReader(in)) {
            return reader.readObject();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work, "stream");
        thread.setDaemon(true);
        return thread;
    }
}
