package io.github.claudejakarta.stream;

import static io.github.claudejakarta.stream.Events.ERROR;
import static io.github.claudejakarta.stream.Events.START;
import static io.github.claudejakarta.stream.Events.STOP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.UnparsedToolInput;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.io.ByteArrayOutputStream;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LiveStreamTest {

    private static final ServerSentEvent DELTA = ServerSentEvent.of(
            "message_delta",
            "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":42}}");

    private static final ServerSentEvent TOOL = ServerSentEvent.of(
            "content_block_start",
            "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"n\",\"input\":{}}}");
    private static final ServerSentEvent INPUT = ServerSentEvent.of(
            "content_block_delta",
            "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\"}}");
    private static final ServerSentEvent TOOL_STOP =
            ServerSentEvent.of("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}");

    @Test
    void runsUntilItsTerminalEvent() throws Exception {
        assertThat(stream(List.of(START)).status()).isEqualTo(StreamStatus.RUNNING);
        assertThat(stream(List.of(START, STOP)).status()).isEqualTo(StreamStatus.COMPLETED);
        assertThat(stream(List.of(START, ERROR)).status()).isEqualTo(StreamStatus.FAILED);
    }

    @Test
    void isCanceledOnlyIfTheCancelEndedIt() throws Exception {
        LiveStream running = stream(List.of(START));
        running.cancel();
        LiveStream completed = stream(List.of(START, STOP));
        completed.cancel();

        assertThat(running.status()).isEqualTo(StreamStatus.CANCELED);
        assertThat(completed.status()).isEqualTo(StreamStatus.COMPLETED);
    }

    @Test
    void aCanceledStreamIsNotATemporaryFailure() throws Exception {
        LiveStream stream = stream(List.of(START));
        stream.cancel();

        var thrown = catchThrowableOfType(ClaudeException.class, stream::message);
        assertThat(thrown.kind()).isEqualTo(ErrorKind.CANCELED);
        assertThat(thrown.isRetryable()).isFalse();
        assertThat(catchThrowableOfType(
                                ClaudeException.class, () -> stream.text().toList())
                        .kind())
                .isEqualTo(ErrorKind.CANCELED);
        assertThat(stream.error()).get().returns(ErrorKind.CANCELED, ClaudeException::kind);
        assertThat(errorEvent(stream).exception())
                .returns(ErrorKind.CANCELED, ClaudeException::kind)
                .returns(false, ClaudeException::isRetryable);
    }

    @Test
    void eachReaderGetsTheKindAndDetailsOfAFailure() throws Exception {
        LiveStream stream = stream(List.of(START));
        var cause = new UnknownHostException("h");
        stream.fail(ClaudeException.of(ErrorKind.UNREACHABLE, ErrorType.API, "m")
                .withRetryAfter(Duration.ofSeconds(30))
                .withCause(cause));

        assertThat(catchThrowableOfType(ClaudeException.class, stream::message))
                .hasCause(cause)
                .returns(ErrorKind.UNREACHABLE, ClaudeException::kind)
                .returns(Optional.of(Duration.ofSeconds(30)), ClaudeException::retryAfter)
                .satisfies(thrown -> assertThat(thrown.getStackTrace())
                        .extracting(StackTraceElement::getMethodName)
                        .contains("message"));
        assertThat(errorEvent(stream).kind()).isEqualTo(ErrorKind.UNREACHABLE);
    }

    @Test
    void anErrorOfClaudeIsARefusal() throws Exception {
        LiveStream stream = stream(List.of(START, ERROR));

        assertThat(catchThrowableOfType(ClaudeException.class, stream::message).kind())
                .isEqualTo(ErrorKind.REFUSED);
        assertThat(errorEvent(stream).kind()).isEqualTo(ErrorKind.REFUSED);
    }

    private static StreamEvent.Error errorEvent(LiveStream stream) {
        StreamEvent last = null;
        for (StreamEvent event : stream.events()) {
            last = event;
        }
        return (StreamEvent.Error) last;
    }

    @Test
    void aSecondCancelChangesNothing() throws Exception {
        LiveStream stream = stream(List.of(START));
        stream.cancel("first");
        stream.cancel("second");

        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
        assertThat(stream.error())
                .get()
                .satisfies(error -> assertThat(error.errorMessage()).isEqualTo("first"));
    }

    @Test
    void aFailureIsReportedWithItsDetails() throws Exception {
        LiveStream stream = stream(List.of(START));
        var cause = ClaudeException.ofAnswer(429, Map.of("retry-after", "30", "x-should-retry", "true"), "")
                .withRequestId("req_1");

        stream.fail(cause);

        assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
        assertThat(stream.error()).containsSame(cause);
        assertThat(stream.error().orElseThrow().retryAfter()).contains(Duration.ofSeconds(30));
    }

    @Test
    void theFirstOfSeveralFailuresIsReported() throws Exception {
        LiveStream stream = stream(List.of(START));
        var first = ClaudeException.of(ErrorType.OVERLOADED, "first").withRetryAfter(Duration.ofSeconds(30));
        stream.fail(first);
        stream.fail(ClaudeException.of(ErrorType.API, "second"));

        assertThat(stream.error()).containsSame(first);
    }

    @Test
    void aFailureAfterTheEndIsNotReported() throws Exception {
        LiveStream completed = stream(List.of(START, STOP));
        completed.fail(ClaudeException.of(ErrorType.API, "too late"));
        LiveStream failed = stream(List.of(START, ERROR));
        failed.fail(ClaudeException.of(ErrorType.API, "too late"));
        LiveStream canceled = stream(List.of(START));
        canceled.cancel("by somebody");
        canceled.fail(ClaudeException.of(ErrorType.API, "too late"));

        assertThat(completed.error()).isEmpty();
        assertThat(failed.error().orElseThrow().type()).isEqualTo(ErrorType.OVERLOADED);
        assertThat(canceled.error().orElseThrow().errorMessage()).isEqualTo("by somebody");
    }

    @Test
    void aStreamThatRunsHasNoError() throws Exception {
        assertThat(stream(List.of(START)).error()).isEmpty();
    }

    @Test
    void usageIsTheLastReportOfClaude() throws Exception {
        assertUsage(stream(List.of(START, Events.numbered(0), DELTA, STOP)), 42);
        assertUsage(stream(List.of(START, Events.numbered(0), ERROR)), 1);
    }

    @Test
    void usageIsAbsentWithoutAStart() throws Exception {
        assertThat(stream(List.of(ERROR)).frame()).isEmpty();
    }

    @Test
    void usageIsAvailableIfTheStopBeginsASegment() throws Exception {
        var first = filling(LogSegment.first().capacity() - START.size());
        var second = filling(2 * LogSegment.first().capacity() - DELTA.size());

        assertUsage(stream(List.of(START, first, second, DELTA, STOP)), 42);
    }

    @Test
    void usageIsAvailableIfTheStartIsLarge() throws Exception {
        var large = ServerSentEvent.of("message_start", START.data().replace("\"m\"", "\"" + "m".repeat(3_000) + "\""));
        var events = new ArrayList<ServerSentEvent>(List.of(large));
        events.addAll(Events.numbered(0, 2_000));
        events.addAll(List.of(DELTA, STOP));

        assertUsage(stream(events), 42);
    }

    @Test
    void unparsedToolInputIsBesideTheMessage() throws Exception {
        var broken = new UnparsedToolInput(0, "toolu_1", "n", "{\"a");

        LiveStream stream = stream(List.of(START, TOOL, INPUT, TOOL_STOP, STOP));

        assertThat(stream.message().unparsedToolInputs()).containsExactly(broken);
        assertThat(stream.messageSoFar().orElseThrow().unparsedToolInputs()).containsExactly(broken);
        assertThat(stream.message().toolUses().get(0).input()).isEmpty();
    }

    @Test
    void incompleteToolInputIsBesideTheMessageOfAnEndedStream() throws Exception {
        LiveStream stream = stream(List.of(START, TOOL, INPUT));
        assertThat(stream.messageSoFar().orElseThrow().unparsedToolInputs()).isEmpty();

        stream.cancel();

        assertThat(stream.messageSoFar().orElseThrow().unparsedToolInputs())
                .containsExactly(new UnparsedToolInput(0, "toolu_1", "n", "{\"a"));
    }

    // Characters that two events split.

    private static final List<ServerSentEvent> HALVES = List.of(
            START,
            text("A \\ud83d"),
            ServerSentEvent.of("ping", "{\"type\":\"ping\"}"),
            text("\\ude00"),
            text("!"),
            text("\\ud83d"),
            STOP);

    private static ServerSentEvent text(String escaped) {
        return ServerSentEvent.of(
                "content_block_delta",
                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + escaped
                        + "\"}}");
    }

    @Test
    void noPieceOfTheTextEndsWithinACharacter() throws Exception {
        assertThat(stream(HALVES).text()).containsExactly("A ", "\ud83d\ude00", "!", "\ud83d");
    }

    @Test
    void thePlainTextHasWholeCharacters() throws Exception {
        for (int cut = 1; cut < HALVES.size(); cut++) {
            LiveStream stream = stream(HALVES);
            var out = new ByteArrayOutputStream();
            EventRun run = stream.readerFrom(0).next();

            new TextOutput(out, leave -> {}).write(run.first(cut));
            // Another client resumes at the cut.
            var second = new TextOutput(out, leave -> {});
            second.begin(run.first(cut).events());
            second.write(run.skip(cut));

            assertThat(out.toString(StandardCharsets.UTF_8))
                    .as("cut before event " + cut)
                    .isEqualTo("A \ud83d\ude00!\ufffd");
        }
    }

    @Test
    void aLoneSurrogateBeforeAnErrorIsReplaced() throws Exception {
        var out = new ByteArrayOutputStream();

        LiveStream stream = stream(List.of(START, text("A \\ud83d"), ERROR));
        new TextOutput(out, leave -> {}).write(stream.readerFrom(0).next());

        assertThat(out.toString(StandardCharsets.UTF_8))
                .startsWith("A \ufffd\n{")
                .doesNotContain("?");
    }

    /** Returns an event of this size. */
    private static ServerSentEvent filling(int size) {
        return ServerSentEvent.of(
                "ping", "x".repeat(size - ServerSentEvent.of("ping", "").size()));
    }

    /** A stream may be canceled while the request for the rest is sent. */
    @Test
    void aCallForAnEndedStreamIsCanceled() {
        LiveStream running = unread();
        LiveStream cut = unread();
        LiveStream canceled = unread();
        cut.cut();
        canceled.cancel();

        assertThat(isCallCanceled(running)).isFalse();
        assertThat(isCallCanceled(cut)).isTrue();
        assertThat(isCallCanceled(canceled)).isTrue();
    }

    /** @return whether the call was canceled */
    private static boolean isCallCanceled(LiveStream stream) {
        ClaudeCall call = new ClaudeCall(ClaudeRequest.models());
        stream.setCall(call);
        return call.isCanceled();
    }

    private static void assertUsage(LiveStream stream, long outputTokens) {
        assertThat(stream.frame().map(Message::usage)).get().satisfies(usage -> {
            assertThat(usage.outputTokens()).isEqualTo(outputTokens);
            assertThat(usage.inputTokens()).isEqualTo(3);
        });
    }

    /** Returns a stream with these events. */
    private static LiveStream stream(List<ServerSentEvent> events) throws InterruptedException {
        LiveStream stream = unread();
        stream.readFrom(new Events.Pushed().push(events));
        stream.readerFrom(0).next();
        return stream;
    }

    private static LiveStream unread() {
        return new LiveStream(
                "stream_1",
                "local",
                new ClaudeCall(ClaudeRequest.models()),
                RecoveryMode.OFF,
                true,
                Clock.systemUTC(),
                (one, added) -> {},
                one -> {});
    }
}
