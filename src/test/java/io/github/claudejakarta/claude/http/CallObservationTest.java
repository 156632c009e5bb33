package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.ws.rs.ProcessingException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Observers receive the facts of each call exactly once. */
@Timeout(30)
class CallObservationTest {

    private static final String START =
            "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\","
                    + "\"model\":\"claude-answers\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":20,\"cache_creation_input_tokens\":6,"
                    + "\"cache_read_input_tokens\":7,\"cache_creation\":{\"ephemeral_5m_input_tokens\":4,\"ephemeral_1h_input_tokens\":2},\"output_tokens\":1}}}";
    private static final String DELTA =
            "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}";
    private static final String END =
            "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":15}}";
    private static final String WHOLE =
            "{\"id\":\"msg_2\",\"type\":\"message\",\"model\":\"claude-answers\",\"content\":[{\"type\":\"text\","
                    + "\"text\":\"Hello\"}],\"stop_reason\":\"max_tokens\",\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}";

    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final Transport transport = new Transport(UnguardedClient.settings(upstream.url()), watchdog);
    private final List<ClaudeCall> calls = new ArrayList<>();
    private final List<CallOutcome> outcomes = new ArrayList<>();
    private final CallObserver observer = call -> {
        calls.add(call);
        return outcomes::add;
    };

    @AfterEach
    void close() {
        upstream.close();
        transport.close();
    }

    @Test
    void reportsACompleteStream() throws Exception {
        upstream.answer(Script.sseHead()
                .event("message_start", START)
                .event("ping", "{\"type\":\"ping\"}")
                .event("content_block_delta", DELTA)
                .event("message_delta", END)
                .event("message_stop", "{\"type\":\"message_stop\"}"));
        ClaudeCall call = new ClaudeCall(ClaudeRequest.stream(RequestBody.of(bytes("{}")))
                .withCaller("alice")
                .withModel("claude-asked"));

        ClaudeAnswer answer = observed(call);
        assertThat(outcomes).isEmpty();
        readOut(answer);
        answer.asEvents().events().close();

        assertThat(calls).containsExactly(call);
        assertThat(call.request().caller()).isEqualTo("alice");
        assertThat(call.request().model()).isEqualTo("claude-asked");
        CallOutcome outcome = outcome();
        assertThat(outcome.status()).isEqualTo(200);
        assertThat(outcome.error()).isEmpty();
        assertThat(outcome.requestId()).contains("req_scripted");
        assertThat(outcome.attempts()).isEqualTo(1);
        assertThat(outcome.messageId()).contains("msg_1");
        assertThat(outcome.model()).contains("claude-answers");
        assertThat(outcome.stopReason()).contains("end_turn");
        assertThat(outcome.tokens()).contains(new Tokens(20, 15, 4, 2, 7));
        assertThat(outcome.timeToFirstToken().orElseThrow()).isPositive().isLessThanOrEqualTo(outcome.duration());
    }

    @Test
    void reportsTheEndOfAStreamOnce() throws Exception {
        upstream.answer(
                Script.sseHead().event("message_start", START).event("message_stop", "{\"type\":\"message_stop\"}"));

        ClaudeAnswer answer = observed(stream());
        readOut(answer);
        answer.asEvents().events().close();
        answer.asEvents().events().close();

        assertThat(outcomes).hasSize(1);
    }

    @Test
    void reportsTheUsageOfAStreamThatEndsInAnError() throws Exception {
        upstream.answer(Script.sseHead()
                .event("message_start", START)
                .event("content_block_delta", DELTA)
                .event("content_block_delta", DELTA)
                .event("error", Script.errorBody("overloaded_error", "Overloaded")));

        ClaudeAnswer answer = observed(stream());
        readOut(answer);
        answer.asEvents().events().close();

        assertThat(outcome().error()).contains("overloaded_error");
        assertThat(outcome().status()).isEqualTo(200);
        assertThat(outcome().stopReason()).isEmpty();
        assertThat(outcome().tokens()).contains(new Tokens(20, 2, 4, 2, 7));
    }

    @Test
    void aStreamWithoutATerminalEventHasFailed() throws Exception {
        upstream.answer(Script.sseHead().event("message_start", START).event("content_block_delta", DELTA));

        ClaudeAnswer answer = observed(stream());
        readOut(answer);
        // The reader does the same, which cuts the connection.
        calls.get(0).cancel();
        answer.asEvents().events().close();

        assertThat(outcome().error()).contains("api_error");
        assertThat(outcome().tokens()).contains(new Tokens(20, 1, 4, 2, 7));
    }

    @Test
    void aBrokenStreamHasFailed() throws Exception {
        upstream.answer(Script.sseHead().event("message_start", START).cut());

        ClaudeAnswer answer = observed(stream());
        assertThat(catchThrowable(() -> readOut(answer))).isInstanceOf(ClaudeException.class);
        calls.get(0).cancel();
        // Closing a cut connection may fail, but the call ends.
        var unused = catchThrowable(() -> answer.asEvents().events().close());

        assertThat(outcome().error()).contains("api_error");
    }

    @Test
    void reportsACanceledStream() throws Exception {
        upstream.answer(Script.sseHead()
                .event("message_start", START)
                .event("content_block_delta", DELTA)
                .stall());

        ClaudeAnswer answer = observed(stream());
        answer.asEvents().events().read();
        calls.get(0).cancel();
        answer.asEvents().events().close();

        assertThat(outcome().error()).contains(CallOutcome.CANCELED);
        assertThat(outcome().model()).contains("claude-answers");
    }

    /** The status of the cancellation is for our own caller: Claude did not answer. */
    @Test
    void aCallCanceledBeforeItsAnswerHasNoStatus() {
        ClaudeCall call = stream();
        call.cancel(ClaudeException.of(503, ErrorType.API, "for the test"));

        assertThat(catchThrowable(() -> observed(call))).isInstanceOf(ClaudeException.class);

        assertThat(outcome().status()).isZero();
        assertThat(outcome().error()).contains(CallOutcome.CANCELED);
    }

    /** A server without Fault Tolerance does not retry; callers get the same exception. */
    @Test
    void anAttemptWithoutRetriesFailsLikeTheCall() {
        upstream.answer(Script.sseHead().event("error", Script.errorBody("overloaded_error", "Overloaded")));

        assertThat(catchThrowable(() -> observed(stream())))
                .isInstanceOfSatisfying(
                        ClaudeException.class, error -> assertThat(error.type()).isEqualTo(ErrorType.OVERLOADED));

        assertThat(outcome().error()).contains("overloaded_error");
    }

    /** This includes a simulator that is configured as the base URL. */
    @Test
    void theHeaderMarksAnAnswerOfASimulator() throws Exception {
        upstream.answer(Script.error(529, "overloaded_error", "Overloaded", "claude-simulator: true"));
        ClaudeCall call = stream();

        assertThat(catchThrowable(() -> observed(call))).isInstanceOf(ClaudeException.class);

        assertThat(call.isSimulated()).isTrue();
        assertThat(outcome().isSimulated()).isTrue();
    }

    @Test
    void anAnswerOfClaudeIsNotMarked() throws Exception {
        upstream.answer(
                Script.sseHead().event("message_start", START).event("message_stop", "{\"type\":\"message_stop\"}"));

        ClaudeAnswer answer = observed(stream());
        readOut(answer);
        answer.asEvents().events().close();

        assertThat(outcome().isSimulated()).isFalse();
    }

    @Test
    void reportsAFaultOfThisServer() {
        assertThat(catchThrowable(() -> CallInterceptor.observed(stream(), List.of(observer), () -> {
                    throw new IllegalStateException("for the test");
                })))
                .isInstanceOf(ClaudeException.class)
                .hasRootCauseMessage("for the test");
    }

    @Test
    void aNewAttemptForgetsTheFailureOfThePreviousOne() throws Exception {
        upstream.answer(Script.sseHead().event("error", Script.errorBody("overloaded_error", "Overloaded")));
        upstream.answer(Script.sseHead()
                .event("message_start", START)
                .event("content_block_delta", DELTA)
                .event("message_delta", END)
                .event("message_stop", "{\"type\":\"message_stop\"}"));
        ClaudeCall call = stream();

        ClaudeAnswer answer = CallInterceptor.observed(call, List.of(observer), () -> {
            assertThat(catchThrowable(() -> attempt(call))).isInstanceOf(AttemptFailure.class);
            return attempt(call);
        });
        readOut(answer);
        answer.asEvents().events().close();

        assertThat(outcome().error()).isEmpty();
        assertThat(outcome().requestId()).contains("req_scripted");
        assertThat(outcome().attempts()).isEqualTo(2);
        assertThat(outcome().tokens().orElseThrow().output()).isEqualTo(15);
    }

    @Test
    void reportsAWholeMessage() throws Exception {
        upstream.answer(Script.json(200, WHOLE));

        observed(new ClaudeCall(ClaudeRequest.message(RequestBody.of(bytes("{}")))));

        assertThat(outcome().error()).isEmpty();
        assertThat(outcome().requestId()).contains("req_scripted");
        assertThat(outcome().messageId()).contains("msg_2");
        assertThat(outcome().stopReason()).contains("max_tokens");
        assertThat(outcome().tokens()).contains(new Tokens(3, 4, 0, 0, 0));
        assertThat(outcome().timeToFirstToken()).isEmpty();
    }

    @Test
    void anAnswerThatIsNotAMessageHasNoTokens() throws Exception {
        upstream.answer(Script.json(200, "{\"input_tokens\":14,\"usage\":{\"input_tokens\":14}}"));
        upstream.answer(Script.json(200, "this is not JSON"));

        observed(new ClaudeCall(ClaudeRequest.countTokens(RequestBody.of(bytes("{}")))));
        observed(new ClaudeCall(ClaudeRequest.message(RequestBody.of(bytes("{}")))));

        assertThat(outcomes)
                .hasSize(2)
                .allMatch(
                        outcome -> outcome.tokens().isEmpty() && outcome.error().isEmpty());
    }

    @Test
    void reportsARefusal() {
        upstream.answer(Script.error(400, "invalid_request_error", "no"));

        assertThat(catchThrowable(() -> observed(stream()))).isInstanceOf(ClaudeException.class);

        assertThat(outcome().status()).isEqualTo(400);
        assertThat(outcome().error()).contains("invalid_request_error");
        assertThat(outcome().requestId()).contains("req_scripted");
        assertThat(outcome().tokens()).isEmpty();
    }

    @Test
    void aDownloadEndsWhenItIsClosed() throws Exception {
        upstream.answer(Script.chunked(200, "content-type: application/x-jsonl").write("{}\n"));
        upstream.answer(Script.chunked(200, "content-type: application/x-jsonl").write("{}\n"));

        try (InputStream content = observed(new ClaudeCall(ClaudeRequest.batchResults("b")))
                .asDownload()
                .content()) {
            content.readAllBytes();
            assertThat(outcomes).isEmpty();
        }
        observed(new ClaudeCall(ClaudeRequest.batchResults("b")))
                .asDownload()
                .content()
                .close();

        assertThat(outcomes)
                .extracting(CallOutcome::error)
                .containsExactly(Optional.empty(), Optional.of(CallOutcome.CANCELED));
    }

    @Test
    void reportsTheTimeLimitOfARequestAsATimeout() throws Exception {
        upstream.answer(Script.sseHead().event("message_start", START).stall());
        ClaudeCall call = stream();
        ClaudeAnswer answer = observed(call);

        call.cancel(ClaudeException.of(ErrorType.TIMEOUT, "too late"));
        assertThat(catchThrowable(() -> readOut(answer))).isInstanceOf(ClaudeException.class);
        // Jersey fails because the connection is cut.
        assertThat(catchThrowable(answer.asEvents().events()::close)).isInstanceOf(ProcessingException.class);

        assertThat(outcome().error()).contains("timeout_error");
    }

    @Test
    void aFailingObserverDoesNoHarm() throws Exception {
        upstream.answer(Script.json(200, WHOLE));
        CallObserver failing = call -> {
            throw new IllegalStateException("at the beginning");
        };
        CallObserver failingLater = call -> outcome -> {
            throw new IllegalStateException("at the end");
        };
        ClaudeCall call = new ClaudeCall(ClaudeRequest.message(RequestBody.of(bytes("{}"))));

        ClaudeAnswer answer =
                CallInterceptor.observed(call, List.of(failing, failingLater, observer), () -> attempt(call));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(outcomes).hasSize(1);
    }

    private static ClaudeCall stream() {
        return new ClaudeCall(ClaudeRequest.stream(RequestBody.of(bytes("{}"))));
    }

    private ClaudeAnswer observed(ClaudeCall call) throws Exception {
        return CallInterceptor.observed(call, List.of(observer), () -> attempt(call));
    }

    private ClaudeAnswer attempt(ClaudeCall call) {
        call.beginAttempt(new Retries(() -> 0), Duration.ofSeconds(20));
        try {
            return transport.attempt(call);
        } catch (AttemptFailure e) {
            if (call.attempts() > 1 || e.failure().status() == 400) {
                throw e.failure();
            }
            throw e;
        }
    }

    private static void readOut(ClaudeAnswer answer) {
        while (!answer.asEvents().events().read().isEmpty()) {
            // Reads to the end.
        }
    }

    private CallOutcome outcome() {
        assertThat(outcomes).hasSize(1);
        return outcomes.get(0);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
