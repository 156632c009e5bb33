package io.github.claudejakarta.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ContentDelta;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.UnguardedClient;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.enterprise.event.Event;
import jakarta.ws.rs.WebApplicationException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class BroadcastTest {

    private static final MessageRequest REQUEST = MessageRequest.of("m", 10, "hi");
    private static final String START = frame(
            "message_start",
            "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],"
                    + "\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}");
    private static final String STOP = frame("message_stop", "{\"type\":\"message_stop\"}");
    private static final String ERROR =
            "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Busy\"}}";
    private static final Duration GRACE = Duration.ofSeconds(5);
    /** The form of {@link Broadcast#text()}, with a last event for which a page can listen. */
    private static final Broadcast TO_A_PAGE = Broadcast.text()
            .withFirst(BroadcastEvent.of("begin", "b"))
            .withLast(stream ->
                    List.of(BroadcastEvent.of("status", stream.status().toString()), BroadcastEvent.of("done", "d")));

    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final AtomicLong now = new AtomicLong(1_000);
    private final Watchdog watchdog = new Watchdog(now::get);
    private final UnguardedClient client = new UnguardedClient(UnguardedClient.settings(upstream.url()), watchdog);
    private final WorkerThreads threads = TestThreads.of(BroadcastTest::daemon, 50);
    private final LocalStreams streams = new LocalStreams(
            client,
            new StreamSettings(Duration.ofMinutes(10), Duration.ofSeconds(10), Duration.ofMinutes(1), 1 << 20, 50),
            RecoverySettings.DEFAULTS,
            threads,
            watchdog,
            caller -> () -> {},
            MemoryBudget.unlimited(),
            Clock.systemUTC(),
            unheard());
    private final ClaudeStreamingBean claude = bean(threads);

    @AfterEach
    void close() {
        streams.close();
        threads.close();
        upstream.close();
        client.close();
    }

    @Test
    void textIsSentAsUnnamedEventsWithTheSequenceNumbersOfTheStream() throws Exception {
        ClaudeStream stream = ended(START, text("Hel"), frame("ping", "{\"type\":\"ping\"}"), text("lo\n"), STOP);

        assertThat(watched(stream, null, Broadcast.text()).events()).containsExactly("1 Hel", "3 lo\n");
        assertThat(watched(stream, "1", Broadcast.text()).events()).containsExactly("3 lo\n");
        assertThat(watched(stream, "2", Broadcast.text("text")).events()).containsExactly("3 text: lo\n");
    }

    @Test
    void aCharacterInTwoEventsIsSentWithTheSecondWhereverTheClientResumes() throws Exception {
        ClaudeStream stream = ended(START, text("a\\ud83d"), text("\\ude00b"), text("\\ud83d"), STOP);

        assertThat(watched(stream, null, Broadcast.text()).events())
                .containsExactly("1 a", "2 \ud83d\ude00b", "4 \ufffd");
        assertThat(watched(stream, "1", Broadcast.text()).events()).containsExactly("2 \ud83d\ude00b", "4 \ufffd");
        Broadcast own = Broadcast.of(event -> deltaText(event).map(BroadcastEvent::of));
        assertThat(watched(stream, null, own).events()).containsExactly("1 a", "2 \ud83d\ude00b", "3 ");
        assertThat(watched(stream, "1", own).events()).startsWith("2 \ud83d\ude00b");
    }

    @Test
    void aFunctionMakesTheApplicationsEvents() throws Exception {
        ClaudeStream stream = ended(START, text("Hi"), STOP);
        Broadcast own = Broadcast.of(event -> event instanceof StreamEvent.MessageStop
                ? Optional.of(BroadcastEvent.of("end", "now"))
                : deltaText(event).map(text -> BroadcastEvent.of("piece", text.toUpperCase(java.util.Locale.ROOT))));

        assertThat(watched(stream, null, own).events()).containsExactly("1 piece: HI", "2 end: now");
        assertThat(gets204(stream, "2", own)).isTrue();
    }

    @Test
    void aFailureIsSentInEachForm() throws Exception {
        ClaudeStream stream = ended(START, text("Hi"), frame("error", ERROR));

        for (Broadcast form : List.of(Broadcast.events(), Broadcast.text(), Broadcast.of(event -> Optional.empty()))) {
            assertThat(watched(stream, "1", form).events()).containsExactly("2 error: " + ERROR);
            assertThat(gets204(stream, "2", form)).isTrue();
        }
    }

    @Test
    void anErrorOfClaudeBeforeTheFirstEventIsTheOnlyEvent() throws Exception {
        upstream.answer(Script.error(400, "invalid_request_error", "model: none"));
        ClaudeStream stream = claude.stream(REQUEST);
        assertThatThrownBy(stream::message).isInstanceOf(ClaudeException.class);

        FakeEventSource page = watched(stream, null, TO_A_PAGE);

        assertThat(page.events()).hasSize(4).first().isEqualTo("begin: b");
        assertThat(page.events().get(1)).startsWith("0 error: ").contains("model: none");
        assertThat(page.events()).endsWith("1 status: failed", "2 done: d");
    }

    @Test
    void theApplicationsFirstAndLastEventsDoNotDisturbTheIds() throws Exception {
        ClaudeStream stream = ended(START, text("Hi"), STOP);

        assertThat(watched(stream, null, TO_A_PAGE).events())
                .containsExactly("begin: b", "1 Hi", "3 status: completed", "4 done: d");
        assertThat(watched(stream, "2", TO_A_PAGE).events()).containsExactly("3 status: completed", "4 done: d");
        assertThat(watched(stream, "3", TO_A_PAGE).events()).containsExactly("4 done: d");
        assertThat(gets204(stream, "4", TO_A_PAGE)).isTrue();
        assertThat(TO_A_PAGE.hasEventsAfter(stream, "3")).isTrue();
        assertThat(TO_A_PAGE.hasEventsAfter(stream, "4")).isFalse();
        assertThat(status(stream.id(), "5", TO_A_PAGE)).isEqualTo(400);
    }

    /** Wherever the connection breaks, the page gets each piece once, and reconnects until it gets 204. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
    void aClientThatReconnectsGetsEverythingOnce(int breaksAfter) throws Exception {
        ClaudeStream stream = ended(START, text("a"), text("b\\ud83d"), text("\\ude00"), text("d"), STOP);
        var pieces = new ArrayList<String>();
        String last = null;
        int connections = 0;
        while (!gets204(stream, last, TO_A_PAGE)) {
            var page = new FakeEventSource().breakingAfter(breaksAfter);
            claude.broadcast(stream.id(), last, page, page, TO_A_PAGE);
            page.awaitClosed();
            pieces.addAll(page.data());
            // The first event has no id. A page that received no other event begins again.
            if (page.lastEventId(null) == null && breaksAfter == 1) {
                breaksAfter++;
                pieces.clear();
            }
            last = page.lastEventId(last);
            assertThat(++connections).isLessThan(20);
        }
        assertThat(pieces).containsExactly("b", "a", "b", "\ud83d\ude00", "d", "completed", "d");
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void aStreamWithoutTextEndsForAnEventSourceToo() throws Exception {
        ClaudeStream stream = ended(START, STOP);

        assertThat(gets204(stream, null, Broadcast.text())).isTrue();
        // It has no id, so an EventSource that received it looks like one that received nothing.
        assertThat(gets204(stream, null, Broadcast.text().withFirst(BroadcastEvent.of("begin", "b"))))
                .isTrue();
    }

    /** The last piece of text is not the last event, and the servers' sinks send no id without data. */
    @Test
    void aClientThatHasHadTheWholeTextGets204() throws Exception {
        ClaudeStream stream = ended(START, text("Hi"), STOP);

        assertThat(gets204(stream, "1", Broadcast.text())).isTrue();
        assertThat(gets204(stream, "0", Broadcast.text())).isFalse();
    }

    @Test
    void claudesOwnEventsAreSentUnchanged() throws Exception {
        ClaudeStream stream = ended(START, STOP);

        FakeEventSource page = watched(stream, "0", Broadcast.events());

        assertThat(page.events()).containsExactly("1 message_stop: {\"type\":\"message_stop\"}");
        assertThat(gets204(stream, "1", Broadcast.events())).isTrue();
    }

    @Test
    void theGracePeriodHasALimit() {
        assertThatThrownBy(() -> Broadcast.text().withCancelWhenUnwatched(ChronoUnit.FOREVER.getDuration()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT24H");
    }

    @Test
    void wrongIdsAreReported() {
        ClaudeStream stream = ended(START, STOP);

        assertThat(status("stream_unknown", null, Broadcast.text())).isEqualTo(404);
        assertThat(status(stream.id(), "two", Broadcast.text())).isEqualTo(400);
        assertThat(status(stream.id(), "2", Broadcast.text())).isEqualTo(400);
        assertThat(watchedNow(stream, " ")).isTrue();
    }

    @Test
    void aFunctionThatFailsEndsTheClientsEventsWithAnError() throws Exception {
        ClaudeStream stream = ended(START, text("Hi"), STOP);
        Broadcast failing = Broadcast.of(event -> {
            throw new IllegalStateException("mine");
        });

        assertThat(watched(stream, null, failing).events())
                .singleElement()
                .asString()
                .startsWith("0 error: ")
                .contains("api_error")
                .doesNotContain("mine");
    }

    /** An EventSource reconnects after an error too. */
    @Test
    void aClientThatReconnectsContinuesAfterTheEventThatFailed() throws Exception {
        ClaudeStream stream = ended(START, text("a"), text("b"), STOP);
        Broadcast failing = Broadcast.of(event -> deltaText(event).map(text -> {
            if (text.equals("a")) {
                throw new IllegalStateException("mine");
            }
            return BroadcastEvent.of(text);
        }));

        assertThat(watched(stream, null, failing).events())
                .singleElement()
                .asString()
                .startsWith("1 error: ");
        assertThat(watched(stream, "1", failing).events()).containsExactly("2 b");
        assertThat(gets204(stream, "2", failing)).isTrue();
    }

    @Test
    void anUnwatchedStreamIsCanceledAfterTheGracePeriod() throws Exception {
        ClaudeStream stream = running();
        FakeEventSource page = watching(stream, Broadcast.events().withCancelWhenUnwatched(GRACE));

        // Longer than the grace period, and shorter than the time until a heartbeat.
        pass(GRACE.plusSeconds(2));
        leaves(page, stream);
        watchdog.tick();
        pass(GRACE.minusMillis(1));
        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
        pass(Duration.ofMillis(2));

        until(() -> stream.status() == StreamStatus.CANCELED);
        assertThat(upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS))
                .isNotNull();
        watchdog.tick();
        assertThat(stream.error().orElseThrow().getMessage()).contains("left");
    }

    @Test
    void aClientThatReconnectsInTimeKeepsTheStream() throws Exception {
        ClaudeStream stream = running();
        Broadcast form = Broadcast.events().withCancelWhenUnwatched(GRACE);
        leaves(watching(stream, form), stream);
        watchdog.tick();
        pass(GRACE.minusMillis(1));

        FakeEventSource back = watching(stream, form);
        pass(GRACE);
        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);

        leaves(back, stream);
        watchdog.tick();
        pass(GRACE.plusMillis(1));
        until(() -> stream.status() == StreamStatus.CANCELED);
    }

    @Test
    void aClientThatJoinsAndLeavesBetweenTwoChecksStartsTheGracePeriodAgain() throws Exception {
        ClaudeStream stream = running();
        Broadcast form = Broadcast.events().withCancelWhenUnwatched(GRACE);
        ((LiveStream) stream).cancelWhenUnwatched(GRACE, watchdog, Runnable::run);
        leaves(watching(stream, form), stream);
        watchdog.tick();
        pass(GRACE.minusMillis(1));

        streams.join(stream, 0, new VerbatimOutput(java.io.OutputStream.nullOutputStream()), ClientConnection.UNKNOWN)
                .leave();
        pass(Duration.ofMillis(2));
        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);

        pass(GRACE.plusMillis(1));
        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
    }

    @Test
    void aClientThatJoinsAndLeavesBeforeTheCancellationRunsKeepsTheStream() throws Exception {
        ClaudeStream stream = running();
        var cancellations = new ArrayDeque<Runnable>();
        ((LiveStream) stream).cancelWhenUnwatched(GRACE, watchdog, cancellations::add);
        watchdog.tick();
        pass(GRACE.plusMillis(1));
        assertThat(cancellations).hasSize(1);

        streams.join(stream, 0, new VerbatimOutput(java.io.OutputStream.nullOutputStream()), ClientConnection.UNKNOWN)
                .leave();
        cancellations.remove().run();

        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
    }

    @Test
    void withoutAGracePeriodTheLastClientCancelsTheStream() throws Exception {
        ClaudeStream stream = running();
        FakeEventSource page = watching(stream, Broadcast.events().withCancelWhenUnwatched(Duration.ZERO));

        leaves(page, stream);

        until(() -> stream.status() == StreamStatus.CANCELED);
    }

    @Test
    void otherWatchersKeepTheStream() throws Exception {
        ClaudeStream stream = running();
        // The way in which /v1/streams and sockets watch.
        Watcher other = streams.join(
                stream, 0, new VerbatimOutput(java.io.OutputStream.nullOutputStream()), ClientConnection.UNKNOWN);
        FakeEventSource page = watching(stream, Broadcast.events().withCancelWhenUnwatched(Duration.ZERO));

        leaves(page, stream);
        until(() -> stream.subscribers() == 1);
        pass(Duration.ofSeconds(1));
        pass(Duration.ofSeconds(1));
        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);

        other.leave();
        until(() -> stream.status() == StreamStatus.CANCELED);
    }

    @Test
    void aClientThatGetsNoThreadHasLeftToo() throws Exception {
        ClaudeStream stream = running();
        WorkerThreads none = TestThreads.of(BroadcastTest::daemon, 1);
        none.close();
        var full = bean(none);
        Broadcast form = Broadcast.text().withCancelWhenUnwatched(Duration.ZERO);

        var page = new FakeEventSource();
        assertThatThrownBy(() -> full.broadcast(stream.id(), null, page, page, form))
                .isInstanceOfSatisfying(
                        ClaudeException.class, e -> assertThat(e.type()).isEqualTo(ErrorType.OVERLOADED));

        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
        assertThat(stream.subscribers()).isZero();
    }

    @Test
    void withoutTheOptionAStreamRunsToItsEnd() throws Exception {
        ClaudeStream stream = running();

        leaves(watching(stream, Broadcast.events()), stream);
        // In all less than the time for which Claude may be silent.
        pass(GRACE.plusSeconds(1));
        pass(GRACE.plusSeconds(1));

        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
    }

    private ClaudeStreamingBean bean(WorkerThreads watchers) {
        return new ClaudeStreamingBean(
                streams,
                client,
                MessageDefaults.NONE,
                (caller, isForTokens) -> {},
                watchers,
                MemoryBudget.unlimited(),
                watchdog);
    }

    private static Optional<String> deltaText(StreamEvent event) {
        return event instanceof StreamEvent.ContentBlockDelta delta
                        && delta.delta() instanceof ContentDelta.TextDelta text
                ? Optional.of(text.text())
                : Optional.empty();
    }

    private ClaudeStream ended(String... frames) {
        upstream.answer(Script.sse(String.join("", frames).getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        ClaudeStream stream = claude.stream(REQUEST);
        stream.events().forEach(event -> {});
        return stream;
    }

    /** Returns a stream with one event, which gets no more. */
    private ClaudeStream running() {
        upstream.answer(Script.sseHead().write(START).stall());
        ClaudeStream stream = claude.stream(REQUEST);
        stream.events().iterator().next();
        return stream;
    }

    private FakeEventSource watched(ClaudeStream stream, String last, Broadcast form) throws InterruptedException {
        var page = new FakeEventSource();
        claude.broadcast(stream.id(), last, page, page, form);
        page.awaitClosed();
        return page;
    }

    private boolean watchedNow(ClaudeStream stream, String last) {
        var page = new FakeEventSource();
        claude.broadcast(stream.id(), last, page, page);
        return true;
    }

    private FakeEventSource watching(ClaudeStream stream, Broadcast form) {
        var page = new FakeEventSource();
        claude.broadcast(stream.id(), null, page, page, form);
        assertThat(stream.subscribers()).isPositive();
        until(() -> !page.events().isEmpty());
        return page;
    }

    /**
     * The heartbeat after the silence detects that the client has left. If the write of the last event ends only after
     * the time has passed, the silence begins there, and the next heartbeat detects it.
     */
    private void leaves(FakeEventSource page, ClaudeStream stream) {
        int before = stream.subscribers();
        page.leave();
        boolean hasLeft = false;
        for (int silence = 1; silence <= 2 && !hasLeft; silence++) {
            pass(Duration.ofSeconds(11));
            hasLeft = isMetWithin(Duration.ofSeconds(5), () -> stream.subscribers() < before);
        }
        assertThat(hasLeft).as("the server has detected that the client left").isTrue();
    }

    private boolean gets204(ClaudeStream stream, String last, Broadcast form) {
        if (form.hasEventsAfter(stream, last)) {
            return false;
        }
        var page = new FakeEventSource();
        assertThat(catchThrowableOfType(
                                WebApplicationException.class,
                                () -> claude.broadcast(stream.id(), last, page, page, form))
                        .getResponse()
                        .getStatus())
                .isEqualTo(204);
        assertThat(page.isClosed()).isFalse();
        return true;
    }

    private int status(String id, String last, Broadcast form) {
        var page = new FakeEventSource();
        return catchThrowableOfType(ClaudeException.class, () -> claude.broadcast(id, last, page, page, form))
                .status();
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
        watchdog.tick();
    }

    private static void until(BooleanSupplier isMet) {
        assertThat(isMetWithin(Duration.ofSeconds(10), isMet))
                .as("within ten seconds")
                .isTrue();
    }

    private static boolean isMetWithin(Duration time, BooleanSupplier isMet) {
        long deadline = System.nanoTime() + time.toNanos();
        while (!isMet.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            Thread.onSpinWait();
        }
        return true;
    }

    private static String text(String escaped) {
        return frame(
                "content_block_delta",
                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\""
                        + escaped.replace("\n", "\\n") + "\"}}");
    }

    private static String frame(String name, String data) {
        return "event: " + name + "\ndata: " + data + "\n\n";
    }

    @SuppressWarnings("unchecked")
    private static <T> Event<T> unheard() {
        return (Event<T>) Proxy.newProxyInstance(
                BroadcastTest.class.getClassLoader(), new Class<?>[] {Event.class}, (proxy, method, arguments) -> null);
    }

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work, "stream");
        thread.setDaemon(true);
        return thread;
    }
}
