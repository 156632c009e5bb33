package io.github.claudejakarta.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.Model;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.UnguardedClient;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.enterprise.event.Event;
import jakarta.json.Json;
import java.io.StringReader;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class RequestsWithOptionsTest {

    private static final MessageRequest REQUEST = MessageRequest.of("m", 10, "hi");
    private static final RequestOptions NONE = RequestOptions.none();
    private static final String MESSAGE = """
            {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hello"}],
            "usage":{"input_tokens":3,"output_tokens":1}}""";
    private static final String START = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{}}\n\n";

    private final AtomicLong now = new AtomicLong();
    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final Watchdog watchdog = new Watchdog(now::get);
    private final UnguardedClient client = new UnguardedClient(UnguardedClient.settings(upstream.url()), watchdog);
    private final WorkerThreads threads = TestThreads.of(RequestsWithOptionsTest::daemon, 50);
    private final List<String> admitted = new ArrayList<>();
    private final LocalStreams streams = streams();
    private final ClaudeStreamingBean claude = bean(MessageDefaults.NONE);

    @AfterEach
    void close() {
        streams.close();
        threads.close();
        upstream.close();
        client.close();
    }

    private void after(Duration time) {
        now.addAndGet(time.toNanos());
        watchdog.tick();
    }

    @Test
    void headersAndTheKeyAreSent() throws Exception {
        upstream.answer(Script.json(200, MESSAGE), Script.sse(FixtureFile.sse("01_plain_text")));
        RequestOptions options =
                NONE.withBeta("b-1").withHeader("x-team", "loans").withApiKey("sk-own");

        claude.send(REQUEST, options);
        claude.stream(REQUEST, options).message();

        for (int i = 0; i < 2; i++) {
            ReceivedRequest request = upstream.takeRequest();
            assertThat(request.header("anthropic-beta")).contains("b-1");
            assertThat(request.header("x-team")).contains("loans");
            assertThat(request.header("x-api-key")).contains("sk-own");
            assertThat(request.header("authorization")).isEmpty();
        }
    }

    @Test
    void withoutItsOwnKeyTheServersKeyIsSent() throws Exception {
        upstream.answer(Script.json(200, MESSAGE));

        claude.send(REQUEST, NONE.withCaller("alice"));

        assertThat(upstream.takeRequest().header("x-api-key")).contains("sk-server");
    }

    @Test
    void aStreamHasItsCallerCorrelationAndRecovery() {
        upstream.answer(Script.sse(FixtureFile.sse("01_plain_text")));
        upstream.answer(Script.sse(FixtureFile.sse("01_plain_text")));

        ClaudeStream stream = claude.stream(
                REQUEST, NONE.withCaller("alice").withCorrelation("order 7").withRecovery(RecoveryMode.CONTINUE));
        ClaudeStream plain = claude.stream(REQUEST);

        assertThat(stream.owner()).isEqualTo("alice");
        assertThat(stream.correlation()).contains("order 7");
        assertThat(stream.recovery()).isEqualTo(RecoveryMode.CONTINUE);
        assertThat(plain.owner()).isEqualTo("local");
        assertThat(plain.correlation()).isEmpty();
        assertThat(plain.recovery()).isEqualTo(RecoveryMode.OFF);
    }

    @Test
    void theCallersLimitsApply() {
        upstream.answer(Script.json(200, "{\"input_tokens\":3}"));
        upstream.answer(Script.json(200, MESSAGE));

        assertThatThrownBy(() -> claude.send(REQUEST, NONE.withCaller("mallory")))
                .hasMessageContaining("no more");
        assertThatThrownBy(() -> claude.stream(REQUEST, NONE.withCaller("mallory")))
                .hasMessageContaining("no more");
        claude.countTokens(REQUEST, NONE.withCaller("alice"));
        claude.send(REQUEST);

        assertThat(admitted).containsExactly("mallory true", "mallory true", "alice false", "local true");
        assertThat(streams.list()).isEmpty();
    }

    @Test
    void aStreamEndsAtItsTimeLimit() throws Exception {
        upstream.answer(Script.sseHead().write(START).stall());
        ClaudeStream stream = claude.stream(REQUEST, NONE.withTimeout(Duration.ofSeconds(3)));
        ReceivedRequest request = upstream.takeRequest();
        assertThat(stream.events().iterator().next()).isInstanceOf(StreamEvent.MessageStart.class);

        after(Duration.ofSeconds(3));
        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
        after(Duration.ofMillis(1));

        ClaudeException error = catchThrowableOfType(ClaudeException.class, stream::message);
        assertThat(error.type()).isEqualTo(ErrorType.TIMEOUT);
        assertThat(error.kind()).isEqualTo(ErrorKind.TIMED_OUT);
        assertThat(error.errorMessage())
                .isEqualTo("Claude's answer was not complete within 3 s, the time limit of the request");
        assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
        request.clientGone().get(10, TimeUnit.SECONDS);
    }

    @Test
    void aStreamThatHasEndedHasNoTimeLimitAnyMore() {
        upstream.answer(Script.sse(FixtureFile.sse("01_plain_text")));
        int before = watchdog.count();
        ClaudeStream stream = claude.stream(REQUEST, NONE.withTimeout(Duration.ofSeconds(3)));

        stream.message();
        after(Duration.ofSeconds(5));

        assertThat(stream.status()).isEqualTo(StreamStatus.COMPLETED);
        assertThat(stream.error()).isEmpty();
        assertThat(before).isPositive();
    }

    @Test
    void theWaitForAWholeAnswerHasATimeLimit() throws Exception {
        upstream.answer(Script.nothing().stall());
        CompletableFuture<Message> sending =
                CompletableFuture.supplyAsync(() -> claude.send(REQUEST, NONE.withTimeout(Duration.ofMillis(1500))));
        ReceivedRequest request = upstream.takeRequest();

        after(Duration.ofMillis(1501));

        assertThat(timeout(sending)).hasMessageContaining("was not complete within 1.5 s");
        request.clientGone().get(10, TimeUnit.SECONDS);
    }

    @Test
    void aReceivedAnswerHasNoTimeLimitAnyMore() {
        upstream.answer(Script.json(200, MESSAGE));
        int before = watchdog.count();

        claude.send(REQUEST, NONE.withTimeout(Duration.ofDays(1)));

        assertThat(watchdog.count()).isEqualTo(before);
    }

    private static ClaudeException timeout(CompletableFuture<?> sending) {
        var failure = (ClaudeException)
                catchThrowableOfType(ExecutionException.class, () -> sending.get(20, TimeUnit.SECONDS))
                        .getCause();
        assertThat(failure.kind()).isEqualTo(ErrorKind.TIMED_OUT);
        return failure;
    }

    @Test
    void sendsOnAnotherThread() throws Exception {
        upstream.answer(Script.json(200, MESSAGE));

        Message message = claude.sendAsync(REQUEST).toCompletableFuture().get(20, TimeUnit.SECONDS);

        assertThat(message.text()).isEqualTo("Hello");
        assertThat(upstream.takeRequest().json().getBoolean("stream")).isFalse();
    }

    @Test
    void aFailureOfAStageIsTheErrorOfClaude() {
        upstream.answer(Script.error(400, "invalid_request_error", "no"));
        var failure = new CompletableFuture<Throwable>();

        claude.sendAsync(REQUEST).whenComplete((message, error) -> failure.complete(error));

        assertThat(failure.join()).isInstanceOf(ClaudeException.class).hasMessageContaining("no");
    }

    @Test
    void anErrorOfThisServerFailsTheStageToo() {
        var stage = claude.sendAsync(REQUEST, NONE.withCaller("mallory")).toCompletableFuture();

        assertThat(catchThrowableOfType(CompletionException.class, stage::join))
                .hasCauseInstanceOf(ClaudeException.class)
                .hasMessageContaining("no more");
    }

    @Test
    void aCanceledStageCancelsTheCall() throws Exception {
        upstream.answer(Script.nothing().stall(), Script.nothing().stall());
        var canceled = claude.sendAsync(REQUEST).toCompletableFuture();
        upstream.awaitOpenConnections(1);
        ReceivedRequest first = upstream.takeRequest();
        canceled.cancel(true);
        first.clientGone().get(10, TimeUnit.SECONDS);

        var timed = claude.sendAsync(REQUEST).toCompletableFuture();
        ReceivedRequest second = upstream.takeRequest();
        timed.orTimeout(1, TimeUnit.MILLISECONDS);
        second.clientGone().get(10, TimeUnit.SECONDS);

        assertThat(canceled).isCancelled();
        assertThat(timed).isCompletedExceptionally();
    }

    @Test
    void countsTokensOfRequestsThatClaudeAccepts() throws Exception {
        upstream.answer(Script.json(200, "{\"input_tokens\":14}"));
        var request = MessageRequest.builder("m", 10)
                .system("s")
                .user("hi")
                .stopSequences("x")
                .thinking(Json.createObjectBuilder().add("type", "adaptive").build())
                .build();

        assertThat(claude.countTokens(request, NONE.withApiKey("sk-own"))).isEqualTo(14);

        ReceivedRequest received = upstream.takeRequest();
        assertThat(received.target()).isEqualTo("/v1/messages/count_tokens");
        assertThat(received.header("x-api-key")).contains("sk-own");
        assertThat(received.json())
                .isEqualTo(Json.createReader(new StringReader("""
                {"model":"m","system":"s","messages":[{"role":"user","content":"hi"}],"thinking":{"type":"adaptive"}}""")).readObject());
    }

    @Test
    void anAnswerWithoutTokensIsAnError() {
        upstream.answer(Script.json(200, "{}"), Script.json(200, "[]"));

        assertThatThrownBy(() -> claude.countTokens(REQUEST)).hasMessageContaining("has no input_tokens");
        assertThatThrownBy(() -> claude.countTokens(REQUEST)).hasMessageContaining("is not a JSON object");
    }

    @Test
    void readsAllPagesOfModels() throws Exception {
        upstream.answer(Script.json(200, """
                        {"data":[{"type":"model","id":"claude-b","display_name":"Claude B","created_at":"2026-02-01T00:00:00Z",
                        "max_input_tokens":1000000,"max_tokens":64000}],"has_more":true,"first_id":"claude-b","last_id":"claude b"}"""), Script.json(200, """
                        {"data":[{"type":"model","id":"claude-a"}],"has_more":false,"first_id":"claude-a","last_id":"claude-a"}"""));

        List<Model> models = claude.models();

        assertThat(models).extracting(Model::id).containsExactly("claude-b", "claude-a");
        assertThat(models).extracting(Model::displayName).containsExactly("Claude B", "claude-a");
        assertThat(models.get(0).createdAt()).contains(Instant.parse("2026-02-01T00:00:00Z"));
        assertThat(models.get(0).maxInputTokens()).hasValue(1_000_000);
        assertThat(models.get(0).maxTokens()).hasValue(64_000);
        assertThat(models.get(1).createdAt()).isEmpty();
        assertThat(upstream.takeRequest().target()).isEqualTo("/v1/models?limit=1000");
        assertThat(upstream.takeRequest().target()).isEqualTo("/v1/models?limit=1000&after_id=claude+b");
    }

    @Test
    void theTimeLimitAppliesToAllPagesOfModels() throws Exception {
        var barrier = new Barrier();
        upstream.answer(
                Script.chunked(200, "content-type: application/json")
                        .pause(barrier)
                        .write("{\"data\":[],\"has_more\":true,\"last_id\":\"claude-b\"}"),
                Script.nothing().stall());
        CompletableFuture<List<Model>> reading =
                CompletableFuture.supplyAsync(() -> claude.models(NONE.withTimeout(Duration.ofSeconds(3))));
        upstream.takeRequest();
        after(Duration.ofSeconds(2));
        barrier.release();
        ReceivedRequest second = upstream.takeRequest();

        after(Duration.ofMillis(1001));

        assertThat(timeout(reading)).hasMessageContaining("was not complete within 3 s");
        second.clientGone().get(10, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"data\":{}}", "{\"data\":null}", "{\"data\":[1]}", "{\"data\":[{},\"a\"]}"})
    void aListWithoutModelsIsBroken(String body) {
        upstream.answer(Script.json(200, body));

        assertThat(catchThrowableOfType(ClaudeException.class, claude::models))
                .returns(ErrorKind.BROKEN, ClaudeException::kind)
                .hasMessageContaining("list of models");
    }

    @Test
    void defaultsCompleteTheRequest() throws Exception {
        upstream.answer(Script.json(200, MESSAGE), Script.sse(FixtureFile.sse("01_plain_text")));
        upstream.answer(Script.json(200, "{\"input_tokens\":14}"));
        ClaudeStreamingBean configured = bean(new MessageDefaults(Optional.of("d"), OptionalInt.of(7)));

        configured.send(MessageRequest.of("hi"));
        configured.stream(MessageRequest.builder().model("own").user("hi").build());
        assertThat(upstream.takeRequest().json())
                .containsEntry("model", Json.createValue("d"))
                .containsEntry("max_tokens", Json.createValue(7));
        assertThat(upstream.takeRequest().json())
                .containsEntry("model", Json.createValue("own"))
                .containsEntry("max_tokens", Json.createValue(7));
        configured.countTokens(MessageRequest.of("hi"));
        assertThat(upstream.takeRequest().json())
                .containsEntry("model", Json.createValue("d"))
                .doesNotContainKey("max_tokens");
    }

    @Test
    void withoutDefaultsAnIncompleteRequestIsRejected() {
        assertThatThrownBy(() -> claude.send(MessageRequest.of("hi")))
                .isInstanceOfSatisfying(
                        ClaudeException.class, e -> assertThat(e.type()).isEqualTo(ErrorType.INVALID_REQUEST))
                .hasMessageContaining("model")
                .hasMessageContaining("claude.default-model");
        assertThatThrownBy(() -> claude.stream(
                        MessageRequest.builder().model("m").user("hi").build()))
                .hasMessageContaining("max_tokens")
                .hasMessageContaining("claude.default-max-tokens");
    }

    private LocalStreams streams() {
        var minute = Duration.ofMinutes(1);
        return new LocalStreams(
                client,
                new StreamSettings(minute, minute, minute, 1 << 20, 50),
                RecoverySettings.DEFAULTS,
                threads,
                watchdog,
                caller -> () -> {},
                MemoryBudget.unlimited(),
                Clock.systemUTC(),
                event());
    }

    private ClaudeStreamingBean bean(MessageDefaults defaults) {
        return new ClaudeStreamingBean(
                streams,
                client,
                defaults,
                (caller, isForTokens) -> {
                    admitted.add(caller + " " + isForTokens);
                    if (caller.equals("mallory")) {
                        throw ClaudeException.of(ErrorType.RATE_LIMIT, "no more");
                    }
                },
                threads,
                MemoryBudget.unlimited(),
                watchdog);
    }

    @SuppressWarnings("unchecked")
    private static Event<StreamEnded> event() {
        return (Event<StreamEnded>) Proxy.newProxyInstance(
                RequestsWithOptionsTest.class.getClassLoader(),
                new Class<?>[] {Event.class},
                (proxy, method, arguments) -> null);
    }

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work, "request");
        thread.setDaemon(true);
        return thread;
    }
}
