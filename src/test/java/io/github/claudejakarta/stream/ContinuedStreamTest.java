package io.github.claudejakarta.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.BufferedBody;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.claude.StopReason;
import io.github.claudejakarta.claude.UnparsedToolInput;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.claude.http.UnguardedClient;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.recovery.Recovery;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.enterprise.event.Event;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of answers that break off, with and without recovery. */
@Timeout(30)
class ContinuedStreamTest {

    private static final byte[] BODY = ("{\"model\":\"claude-opus-5-5\",\"max_tokens\":100,\"stream\":true,"
                    + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}")
            .getBytes(StandardCharsets.UTF_8);

    private static final RecoverySettings RECOVERY = RecoverySettings.DEFAULTS;
    private static final String OVERLOADED = Script.errorBody("overloaded_error", "Overloaded");

    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final UnguardedClient client = new UnguardedClient(UnguardedClient.settings(upstream.url()), watchdog);
    private final WorkerThreads threads = TestThreads.of(ContinuedStreamTest::daemon, 50);
    private final LocalStreams streams = streams();
    private final ClaudeStreamingBean claude = new ClaudeStreamingBean(
            streams,
            client,
            MessageDefaults.NONE,
            (caller, isForTokens) -> {},
            threads,
            MemoryBudget.unlimited(),
            watchdog);

    @AfterEach
    void close() {
        streams.close();
        threads.close();
        upstream.close();
        client.close();
    }

    @Test
    void theTextContinuesInTheSameBlock() {
        upstream.answer(
                answer(text(0, "The tide", " turns")).cut(),
                answer(text(0, " twice", " a day."), stop(0), end("end_turn", 9)));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(names(stream))
                .containsExactly(
                        "message_start",
                        "content_block_start",
                        "content_block_delta",
                        "content_block_delta",
                        "content_block_delta",
                        "content_block_delta",
                        "content_block_stop",
                        "message_delta",
                        "message_stop");
        assertThat(stream.message().text()).isEqualTo("The tide turns twice a day.");
        assertThat(stream.message().content()).hasSize(1);
        assertThat(stream.status()).isEqualTo(StreamStatus.COMPLETED);
    }

    @Test
    void requestsTheRestWithTheTextSoFar() throws Exception {
        upstream.answer(
                answer(text(0, "The tide", " turns")).cut(), answer(text(0, " twice"), stop(0), end("end_turn", 9)));

        ended(RecoveryMode.CONTINUE);

        upstream.takeRequest();
        var request = upstream.takeRequest();
        assertThat(request.header("x-api-key")).contains("sk-server");
        assertThat(request.header("anthropic-beta")).contains("one");
        assertThat(request.json().getBoolean("stream")).isTrue();
        assertThat(request.json().getInt("max_tokens"))
                .as("two deltas are two tokens at least")
                .isEqualTo(98);
        assertThat(request.json()
                        .getJsonArray("messages")
                        .getJsonObject(1)
                        .getJsonArray("content")
                        .getJsonObject(0)
                        .getString("text"))
                .isEqualTo("The tide turns");
    }

    /**
     * Claude does not receive half of a character. It repeats the whole character or the other half, or continues with
     * other text.
     */
    @ParameterizedTest(name = "{index}")
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "\ud83d\ude00 day|A \ud83d\ude00 day",
                "\\ude00 day|A \ud83d\ude00 day",
                "\ud83c\udf0a day|A \ud83d\ud83c\udf0a day"
            })
    void anInterruptionWithinACharacterIsRepaired(String rest, String whole) throws Exception {
        upstream.answer(answer(text(0, "A ", "\\ud83d")).cut(), answer(text(0, rest), stop(0), end("end_turn", 9)));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(stream.message().text()).isEqualTo(whole);
        assertThat(stream.text().collect(Collectors.joining())).isEqualTo(whole);
        assertThat(((LiveStream) stream).log().events())
                .extracting(ServerSentEvent::data)
                .noneMatch(data -> data.contains("?"));
        upstream.takeRequest();
        assertThat(upstream.takeRequest()
                        .json()
                        .getJsonArray("messages")
                        .getJsonObject(1)
                        .getJsonArray("content")
                        .getJsonObject(0)
                        .getString("text"))
                .isEqualTo("A ");
    }

    @Test
    void usageIncludesAllAttempts() {
        upstream.answer(
                answer(text(0, "One", " two")).cut(),
                answer(text(0, " three")).cut(),
                answer(text(0, " four"), stop(0), end("end_turn", 9)));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(stream.message().usage().outputTokens()).isEqualTo(2 + 1 + 9);
        assertThat(stream.message().usage().inputTokens()).isEqualTo(30);
        assertThat(stream.recoveries()).extracting(Recovery::after).containsExactly(3, 4);
        assertThat(stream.recoveries()).extracting(Recovery::reason).containsExactly(ErrorType.API, ErrorType.API);
        assertThat(stream.recoveries())
                .extracting(place -> place.usage().outputTokens())
                .containsExactly(2L, 1L);
        assertThat(stream.recoveries())
                .extracting(place -> place.usage().inputTokens())
                .containsExactly(10L, 10L);
    }

    @Test
    void withoutRecoveryTheAnswerIsUnchanged() {
        upstream.answer(answer(text(0, "The tide")).cut(), answer(text(0, " turns"), stop(0), end("end_turn", 9)));

        ClaudeStream stream = ended(RecoveryMode.OFF);

        assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
        assertThat(stream.recoveries()).isEmpty();
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void anAnswerWithATemporaryErrorIsContinued() {
        upstream.answer(
                answer(text(0, "The tide")).event("error", OVERLOADED),
                answer(text(0, " turns"), stop(0), end("end_turn", 9)));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(stream.message().text()).isEqualTo("The tide turns");
        assertThat(names(stream)).doesNotContain("error");
        assertThat(stream.recoveries()).extracting(Recovery::reason).containsExactly(ErrorType.OVERLOADED);
    }

    @Test
    void aPermanentErrorEndsTheStream() {
        String error = Script.errorBody("invalid_request_error", "No");
        upstream.answer(answer(text(0, "The tide")).event("error", error));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(last(stream)).isEqualTo(ServerSentEvent.of("error", error));
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void anInterruptionBeforeAnyTextRepeatsTheRequest() {
        upstream.answer(answer().cut(), answer(text(0, "The tide"), stop(0), end("end_turn", 9)));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(stream.message().text()).isEqualTo("The tide");
        assertThat(upstream.requests().get(1).json().getJsonArray("messages")).hasSize(1);
        assertThat(names(stream)).containsOnlyOnce("message_start");
    }

    @Test
    void blanksBeforeTheInterruptionAreNotRepeated() {
        upstream.answer(
                answer(text(0, "\\n\\n")).cut(), answer(text(0, "\\n\\nThe tide"), stop(0), end("end_turn", 9)));

        assertThat(ended(RecoveryMode.CONTINUE).message().text()).isEqualTo("\n\nThe tide");
        assertThat(upstream.requests().get(1).json().getJsonArray("messages")).hasSize(1);
    }

    @Test
    void anInterruptionBeforeTheMessageStartIsRepaired() {
        upstream.answer(
                Script.sseHead()
                        .write("event: future_event\ndata: {\"type\":\"future_event\"}\n\n")
                        .cut(),
                answer(text(0, "The tide"), stop(0), end("end_turn", 9)));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(names(stream)).startsWith("future_event", "message_start", "content_block_start");
        assertThat(stream.message().text()).isEqualTo("The tide");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}",
                "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}",
                "{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}}",
                "{\"type\":\"redacted_thinking\",\"data\":\"x\"}",
                "{\"type\":\"future\"}"
            })
    void aBlockWithoutTextIsNotContinued(String block) {
        upstream.answer(answer(
                        text(0, "Let me see"),
                        stop(0),
                        frame("content_block_start", "\"index\":1,\"content_block\":" + block))
                .event("error", OVERLOADED));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(last(stream)).isEqualTo(ServerSentEvent.of("error", OVERLOADED));
        assertThat(upstream.requests()).hasSize(1);
        assertThat(stream.recoveries()).isEmpty();
    }

    @Test
    void anUnansweredToolCallIsNotContinued() {
        upstream.answer(answer(
                        frame(
                                "content_block_start",
                                "\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}"),
                        stop(0))
                .cut());

        assertThat(ended(RecoveryMode.CONTINUE).status()).isEqualTo(StreamStatus.FAILED);
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void aServerToolWithItsResultIsContinued() {
        upstream.answer(
                answer(
                                frame(
                                        "content_block_start",
                                        "\"index\":0,\"content_block\":{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}}"),
                                stop(0),
                                frame(
                                        "content_block_start",
                                        "\"index\":1,\"content_block\":{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"s\",\"content\":[]}"),
                                stop(1),
                                text(2, "It says"))
                        .cut(),
                answer(text(0, " so"), stop(0), end("end_turn", 9)));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(stream.message().text()).isEqualTo("It says so");
        assertThat(stream.message().content()).hasSize(3);
        assertThat(upstream.requests()
                        .get(1)
                        .json()
                        .getJsonArray("messages")
                        .getJsonObject(1)
                        .getJsonArray("content"))
                .hasSize(3);
    }

    /** This thinking is about the continuation. Its signature would be invalid in an answer without one. */
    @Test
    void thinkingAboutTheContinuationIsOmitted() {
        upstream.answer(
                answer(thinking(0, "The user"), text(1, "The tide")).cut(),
                answer(thinking(0, "I was interrupted"), text(1, " turns"), stop(1), end("end_turn", 9)));

        Message message = ended(RecoveryMode.CONTINUE).message();

        assertThat(message.text()).isEqualTo("The tide turns");
        assertThat(message.json().getJsonArray("content")).hasSize(2);
        assertThat(message.json().getJsonArray("content").getJsonObject(0).getString("thinking"))
                .isEqualTo("The user");
    }

    @Test
    void thinkingOfAnAnswerThatHadNotBegunIsKept() {
        upstream.answer(
                answer().cut(), answer(thinking(0, "The user"), text(1, "The tide"), stop(1), end("end_turn", 9)));

        Message message = ended(RecoveryMode.CONTINUE).message();

        assertThat(message.json().getJsonArray("content").getJsonObject(0).getString("thinking"))
                .isEqualTo("The user");
        assertThat(message.text()).isEqualTo("The tide");
    }

    @Test
    void laterBlocksContinueTheNumbers() {
        upstream.answer(
                answer(thinking(0, "Hm"), text(1, "Let me")).cut(),
                answer(
                        text(0, " see"),
                        stop(0),
                        frame(
                                "content_block_start",
                                "\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}"),
                        frame(
                                "content_block_delta",
                                "\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":1}\"}"),
                        stop(1),
                        end("tool_use", 9)));

        Message message = ended(RecoveryMode.CONTINUE).message();

        assertThat(message.content()).hasSize(3);
        assertThat(message.text()).isEqualTo("Let me see");
        assertThat(message.toolUses().get(0).input().getInt("a")).isEqualTo(1);
        assertThat(message.stopReason()).contains(new StopReason("tool_use"));
    }

    @Test
    void unparsedToolInputsAreKeptAcrossAnInterruption() {
        upstream.answer(
                answer(
                                frame(
                                        "content_block_start",
                                        "\"index\":0,\"content_block\":{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}}"),
                                frame(
                                        "content_block_delta",
                                        "\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\"}"),
                                stop(0),
                                frame(
                                        "content_block_start",
                                        "\"index\":1,\"content_block\":{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"s\",\"content\":[]}"),
                                stop(1),
                                text(2, "It says"))
                        .cut(),
                answer(
                        text(0, " so"),
                        stop(0),
                        frame(
                                "content_block_start",
                                "\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}"),
                        frame(
                                "content_block_delta",
                                "\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"[1]\"}"),
                        stop(1),
                        end("tool_use", 9)));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(stream.recoveries()).hasSize(1);
        assertThat(stream.message().unparsedToolInputs())
                .containsExactly(
                        new UnparsedToolInput(0, "s", "web_search", "{\"a"), new UnparsedToolInput(3, "t", "n", "[1]"));
    }

    @Test
    void aTextThatIsNotContinuedIsClosed() {
        upstream.answer(
                answer(text(0, "Let me see.")).cut(),
                answer(
                        frame(
                                "content_block_start",
                                "\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}"),
                        stop(0),
                        end("tool_use", 9)));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(names(stream))
                .containsExactly(
                        "message_start",
                        "content_block_start",
                        "content_block_delta",
                        "content_block_stop",
                        "content_block_start",
                        "content_block_stop",
                        "message_delta",
                        "message_stop");
        assertThat(stream.message().content()).hasSize(2);
    }

    @Test
    void anAlmostCompleteAnswerIsClosed() {
        upstream.answer(answer(text(0, "All of it")).cut(), answer(end("end_turn", 1)));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(names(stream))
                .endsWith("content_block_delta", "content_block_stop", "message_delta", "message_stop");
        assertThat(stream.message().text()).isEqualTo("All of it");
    }

    @Test
    void betweenTwoBlocksANewBlockBegins() {
        upstream.answer(answer(text(0, "One."), stop(0)).cut(), answer(text(0, " Two."), stop(0), end("end_turn", 9)));

        Message message = ended(RecoveryMode.CONTINUE).message();

        assertThat(message.content()).hasSize(2);
        assertThat(message.text()).isEqualTo("One. Two.");
    }

    @Test
    void ifOnlyTheStopIsMissingNothingIsRequested() {
        String end = end("end_turn", 9);
        upstream.answer(answer(text(0, "All"), stop(0), end.substring(0, end.indexOf("event: message_stop")))
                .cut());

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(stream.status()).isEqualTo(StreamStatus.COMPLETED);
        assertThat(names(stream)).endsWith("message_delta", "message_stop");
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void aRefusalEndsTheStream() {
        String end = end("refusal", 9);
        upstream.answer(answer(text(0, "Here"), stop(0), end.substring(0, end.indexOf("event: message_stop")))
                .cut());

        assertThat(ended(RecoveryMode.CONTINUE).status()).isEqualTo(StreamStatus.FAILED);
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void aRefusalToContinueIsNotRetried() {
        upstream.answer(answer(text(0, "Here")).cut(), answer(text(0, " I"), stop(0), end("refusal", 9)));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        ClaudeException error = catchThrowableOfType(ClaudeException.class, stream::message);
        assertThat(error.errorMessage()).contains("Claude refused");
        assertThat(error.type()).isEqualTo(ErrorType.API);
        assertThat(names(stream)).containsOnlyOnce("error").doesNotContain("message_delta", "message_stop");
        assertThat(upstream.requests()).hasSize(2);
    }

    @Test
    void theSecondFailureInSuccessionEndsTheStream() {
        upstream.answer(
                answer(text(0, "Here")).event("error", OVERLOADED),
                Script.error(529, "overloaded_error", "Busy"),
                Script.error(500, "api_error", "Down"));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(last(stream)).isEqualTo(ServerSentEvent.of("error", OVERLOADED));
        assertThat(upstream.requests()).hasSize(3);
        assertThat(stream.recoveries()).isEmpty();
    }

    @Test
    void answersWithoutNewContentAreFailures() {
        upstream.answer(
                answer(text(0, "Here")).cut(), answer().cut(), answer(text(0)).cut());

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
        assertThat(upstream.requests()).hasSize(3);
        assertThat(names(stream)).containsOnlyOnce("error");
    }

    @Test
    void anAnswerWithNewContentIsNotAFailure() {
        upstream.answer(
                answer(text(0, "One")).cut(),
                Script.error(529, "overloaded_error", "Busy"),
                answer(text(0, " two")).cut(),
                Script.error(529, "overloaded_error", "Busy"),
                answer(text(0, " three"), stop(0), end("end_turn", 9)));

        assertThat(ended(RecoveryMode.CONTINUE).message().text()).isEqualTo("One two three");
    }

    @Test
    void aRejectedContinuationIsNotRetried() {
        upstream.answer(
                answer(text(0, "Here")).event("error", OVERLOADED),
                Script.error(400, "invalid_request_error", "No prefill"));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(last(stream))
                .as("the reason of the interruption, and not the error of the continuation")
                .isEqualTo(ServerSentEvent.of("error", OVERLOADED));
        assertThat(upstream.requests()).hasSize(2);
    }

    @Test
    @Slow("time limits in real time")
    void anAnswerThatBreaksOffTooOftenEnds() {
        var scripts = new Script[20];
        Arrays.setAll(scripts, i -> answer(text(0, " w" + i)).cut());
        upstream.answer(scripts);

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
        assertThat(stream.recoveries()).hasSize(10);
        assertThat(upstream.requests()).hasSize(11);
    }

    @Test
    void repeatedTextIsOmitted() {
        upstream.answer(
                answer(text(0, "The tide turns twice")).cut(),
                answer(text(0, "The tide", " turns", " twice a", " day."), stop(0), end("end_turn", 9)));

        ClaudeStream stream = ended(RecoveryMode.CONTINUE);

        assertThat(stream.message().text()).isEqualTo("The tide turns twice a day.");
        assertThat(stream.text().collect(Collectors.toList())).containsExactly("The tide turns twice", " a", " day.");
    }

    @Test
    void textThatIsStillComparedIsNotLost() {
        upstream.answer(
                answer(text(0, "The tide turns twice")).cut(),
                answer(text(0, "The tide", " turns")).cut(),
                answer(text(0, " a day."), stop(0), end("end_turn", 9)));

        assertThat(ended(RecoveryMode.CONTINUE).message().text()).isEqualTo("The tide turns twice a day.");
    }

    @Test
    void aLongAnswerThatStartsAgainIsAFailure() {
        String sentences =
                IntStream.range(0, 60).mapToObj(i -> "Sentence " + i + ". ").collect(Collectors.joining());
        upstream.answer(
                answer(text(0, sentences)).cut(),
                answer(text(0, sentences, " More."), stop(0), end("end_turn", 9)),
                answer(text(0, "More."), stop(0), end("end_turn", 9)));

        assertThat(ended(RecoveryMode.CONTINUE).message().text()).isEqualTo(sentences + "More.");
    }

    @Test
    void aCommentMarksThePlaceOfARecovery() throws Exception {
        upstream.answer(answer(text(0, "The tide")).cut(), answer(text(0, " turns"), stop(0), end("end_turn", 9)));
        ClaudeStream stream = ended(RecoveryMode.CONTINUE);
        var out = new ByteArrayOutputStream();

        streams.watch(stream, 0, new VerbatimOutput(out), ClientConnection.UNKNOWN);

        String written = out.toString(StandardCharsets.UTF_8);
        assertThat(written)
                .contains("\"The tide\"}}\n\n: recovered after 2: api_error\n\nevent: content_block_delta\n");
        assertThat(written).containsOnlyOnce(": recovered");
    }

    @Test
    void aCanceledStreamSendsNoMoreRequests() throws Exception {
        var requestReceived = new Barrier();
        upstream.answer(
                answer(text(0, "The tide")).cut(),
                Script.nothing().pause(requestReceived).stall());
        ClaudeStream stream = streams.start(request(RequestBody.of(BODY)).withRecovery(RecoveryMode.CONTINUE));
        requestReceived.awaitReached();

        stream.cancel();
        requestReceived.release();

        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
        upstream.awaitOpenConnections(0);
        assertThat(names(stream))
                .containsExactly("message_start", "content_block_start", "content_block_delta", "error");
        assertThat(upstream.requests()).hasSize(2);
    }

    @Test
    void theRequestIsKeptWhileItMayBeNeeded() throws Exception {
        var answerBegun = new Barrier();
        var forgotten = new CountDownLatch(1);
        upstream.answer(answer(text(0, "The tide")).pause(answerBegun).write(stop(0) + end("end_turn", 9)));
        ClaudeStream stream = streams.start(
                request(new BufferedBody(BODY, forgotten::countDown)).withRecovery(RecoveryMode.CONTINUE));
        answerBegun.awaitReached();
        stream.events().iterator().next();

        assertThat(forgotten.getCount()).as("the request may be needed again").isEqualTo(1);
        answerBegun.release();

        assertThat(forgotten.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void theRequestIsReleasedWhenAnAnswerBeginsThatIsNotContinued() throws Exception {
        var answerBegun = new Barrier();
        var forgotten = new CountDownLatch(1);
        upstream.answer(answer(text(0, "The tide")).pause(answerBegun).write(stop(0) + end("end_turn", 9)));
        ClaudeStream stream = streams.start(
                request(new BufferedBody(BODY, forgotten::countDown)).withRecovery(RecoveryMode.OFF));
        answerBegun.awaitReached();
        stream.events().iterator().next();

        assertThat(forgotten.getCount()).as("the answer is still open").isZero();
        answerBegun.release();
    }

    @Test
    void aRequestWithoutAModeUsesTheConfiguration() {
        upstream.answer(answer(text(0, "The tide")).cut());

        ClaudeStream stream = streams.start(request(RequestBody.of(BODY)));

        assertThat(stream.recovery()).isEqualTo(RecoveryMode.OFF);
        stream.events().forEach(event -> {});
        assertThat(last(stream).isNamed("error")).isTrue();
    }

    @Test
    void theRequestOfACanceledStreamIsReleased() throws Exception {
        var forgotten = new CountDownLatch(1);
        upstream.answer(answer(text(0, "The tide")).stall());
        ClaudeStream stream = streams.start(
                request(new BufferedBody(BODY, forgotten::countDown)).withRecovery(RecoveryMode.CONTINUE));
        stream.events().iterator().next();

        stream.cancel();

        assertThat(forgotten.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anApplicationEnablesRecoveryForARequest() {
        upstream.answer(answer(text(0, "The tide")).cut(), answer(text(0, " turns"), stop(0), end("end_turn", 9)));

        ClaudeStream stream = claude.stream(
                MessageRequest.of("claude-opus-5-5", 100, "hi"),
                RequestOptions.none().withRecovery(RecoveryMode.CONTINUE));

        assertThat(stream.text().collect(Collectors.joining())).isEqualTo("The tide turns");
        assertThat(stream.recovery()).isEqualTo(RecoveryMode.CONTINUE);
    }

    private ClaudeStream ended(RecoveryMode ifBroken) {
        var call = new ClaudeCall(request(RequestBody.of(BODY)).withRecovery(ifBroken));
        CallerRunStream callerRun = streams.begin(call);
        callerRun.run();
        ClaudeStream stream = callerRun.stream();
        return stream;
    }

    private static ClaudeRequest request(RequestBody body) {
        return ClaudeRequest.stream(body)
                .withHeaders(Map.of("anthropic-beta", "one"))
                .withModel("claude-opus-5-5");
    }

    private static List<String> names(ClaudeStream stream) {
        return ((LiveStream) stream)
                .log().events().stream().map(ServerSentEvent::name).toList();
    }

    private static ServerSentEvent last(ClaudeStream stream) {
        var events = ((LiveStream) stream).log().events();
        return events.get(events.size() - 1);
    }

    private static Script answer(String... frames) {
        return Script.sseHead()
                .write(frame(
                                "message_start",
                                "\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],"
                                        + "\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}")
                        + String.join("", frames));
    }

    private static String text(int index, String... pieces) {
        var frames = new StringBuilder(frame(
                "content_block_start", "\"index\":" + index + ",\"content_block\":{\"type\":\"text\",\"text\":\"\"}"));
        for (String piece : pieces) {
            frames.append(frame(
                    "content_block_delta",
                    "\"index\":" + index + ",\"delta\":{\"type\":\"text_delta\",\"text\":\"" + piece + "\"}"));
        }
        return frames.toString();
    }

    private static String thinking(int index, String thought) {
        return frame(
                        "content_block_start",
                        "\"index\":" + index
                                + ",\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
                + frame(
                        "content_block_delta",
                        "\"index\":" + index + ",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"" + thought
                                + "\"}")
                + frame(
                        "content_block_delta",
                        "\"index\":" + index + ",\"delta\":{\"type\":\"signature_delta\",\"signature\":\"s\"}")
                + stop(index);
    }

    private static String stop(int index) {
        return frame("content_block_stop", "\"index\":" + index);
    }

    private static String end(String reason, int outputTokens) {
        return frame(
                        "message_delta",
                        "\"delta\":{\"stop_reason\":\"" + reason + "\"},\"usage\":{\"output_tokens\":" + outputTokens
                                + "}")
                + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    }

    private static String frame(String name, String members) {
        return "event: " + name + "\ndata: {\"type\":\"" + name + "\"," + members + "}\n\n";
    }

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work, "stream");
        thread.setDaemon(true);
        return thread;
    }

    @SuppressWarnings("unchecked")
    private LocalStreams streams() {
        var event = (Event<StreamEnded>) Proxy.newProxyInstance(
                ContinuedStreamTest.class.getClassLoader(),
                new Class<?>[] {Event.class},
                (proxy, method, arguments) -> null);
        var settings =
                new StreamSettings(Duration.ofMinutes(10), Duration.ofSeconds(10), Duration.ofSeconds(60), 1 << 20, 50);
        return new LocalStreams(
                client,
                settings,
                RECOVERY,
                threads,
                watchdog,
                caller -> () -> {},
                MemoryBudget.unlimited(),
                Clock.systemUTC(),
                event);
    }
}
