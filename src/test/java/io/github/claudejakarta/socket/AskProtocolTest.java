package io.github.claudejakarta.socket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessagesBody;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.Script;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class AskProtocolTest {

    private static final String BODY =
            "{\"model\":\"claude-opus-5-5\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    private static final String CANCEL = "{\"type\":\"cancel\"}";

    private TestSocket socket = new TestSocket();
    private TestSockets sockets = new TestSockets(socket);
    private final AtomicInteger arrived = new AtomicInteger();
    private AskProtocol protocol = protocol();

    private AskProtocol protocol() {
        var made = new AskProtocol(sockets.get(), socket.client(), arrived::incrementAndGet);
        made.begin();
        return made;
    }

    @AfterEach
    void close() {
        sockets.close();
        socket.close();
    }

    private void receive(String text) {
        receive(text, true);
    }

    private void receive(String text, boolean isLast) {
        byte[] bytes = text.getBytes(UTF_8);
        protocol.text(bytes, 0, bytes.length, isLast);
    }

    @Test
    void isAnsweredByAStream() throws Exception {
        sockets.upstream().answer(Script.sse(FixtureFile.sse("01_plain_text")));

        receive(BODY.substring(0, 20), false);
        assertThat(arrived).hasValue(0);
        receive(BODY.substring(20));

        assertThat(arrived).hasValue(1);
        var frames = socket.awaitClosed();
        assertThat(frames).first().asString().startsWith("{\"type\":\"stream\",\"id\":\"stream_");
        assertThat(frames).anyMatch(frame -> frame.startsWith("{\"type\":\"chunk\",\"content\":"));
        assertThat(frames).element(frames.size() - 2).asString().startsWith("{\"type\":\"complete\",\"usage\":");
        assertThat(frames).last().isEqualTo("CLOSE 1000");
        var request = sockets.upstream().takeRequest();
        assertThat(request.target()).isEqualTo("/v1/messages");
        assertThat(request.json().getBoolean("stream")).isTrue();
        assertThat(request.json().getString("model")).isEqualTo("claude-opus-5-5");
    }

    @Test
    void itsMemoryIsReleasedWhenItIsAnswered() throws Exception {
        sockets.upstream().answer(Script.sse(FixtureFile.sse("01_plain_text")));

        receive(BODY.substring(0, 20), false);
        assertThat(sockets.budget().reserved()).isPositive();
        receive(BODY.substring(20));

        socket.awaitClosed();
        assertThat(sockets.budget().reserved()).isZero();
    }

    @Test
    void anErrorOfClaudeEndsTheSocket() throws Exception {
        sockets.upstream().answer(Script.error(404, "not_found_error", "model: x"));

        receive(BODY);

        assertThat(socket.awaitClosed())
                .satisfiesExactly(
                        error -> assertThat(error).contains("\"not_found_error\"", "model: x"),
                        last -> assertThat(last).isEqualTo("CLOSE 1008 not_found_error"));
        assertThat(sockets.budget().reserved()).isZero();
    }

    @Test
    void aMessageThatIsTooLongIsRejectedBeforeItArrives() {
        protocol.announced(MessagesBody.MAX_BYTES);

        assertThatThrownBy(() -> protocol.announced(MessagesBody.MAX_BYTES + 1L))
                .isInstanceOfSatisfying(
                        ClaudeException.class, e -> assertThat(e.type()).isEqualTo(ErrorType.REQUEST_TOO_LARGE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Hi", "[]", "{\"model\":\"m\"}"})
    void anythingButAMessageIsRejected(String text) {
        assertThatThrownBy(() -> receive(text))
                .isInstanceOfSatisfying(
                        ClaudeException.class, e -> assertThat(e.type()).isEqualTo(ErrorType.INVALID_REQUEST));
        assertThat(sockets.upstream().requests()).isEmpty();
    }

    @Test
    void anUnknownValueOfEventsIsRejected() {
        close();
        socket = new TestSocket("events", "some");
        sockets = new TestSockets(socket);
        protocol = protocol();

        assertThatThrownBy(() -> receive(BODY)).hasMessageContaining("events: Input should be 'all'");
    }

    @Test
    void aFailureDuringTheMessageReleasesItsMemoryAndIsReported() {
        receive(BODY.substring(0, 20), false);

        protocol.failed(ClaudeException.of(ErrorType.TIMEOUT, "Too slow"), CloseCode.POLICY_VIOLATION);
        receive("is not looked at", true);
        protocol.failed(ClaudeException.of(ErrorType.API, "second"), CloseCode.INTERNAL_ERROR);

        assertThat(sockets.budget().reserved()).isZero();
        assertThat(arrived).hasValue(0);
        assertThat(socket.frames())
                .satisfiesExactly(
                        error -> assertThat(error).contains("Too slow"),
                        last -> assertThat(last).isEqualTo("CLOSE 1008 timeout_error"));
        socket.entry().run(() -> {
            throw new AssertionError("was left");
        });
        assertThat(socket.entry().isServed()).isFalse();
    }

    @Test
    void aCancelBeforeTheAnswerCancelsTheCall() throws Exception {
        sockets.upstream().answer(Script.nothing().stall());
        receive(BODY);
        sockets.upstream().takeRequest();

        receive(CANCEL);

        sockets.upstream().awaitOpenConnections(0);
        assertThat(socket.awaitClosed()).last().asString().startsWith("CLOSE ");
    }

    @Test
    void aCancelLaterCancelsTheStream() throws Exception {
        sockets.upstream()
                .answer(Script.sseHead()
                        .event("message_start", "{\"type\":\"message_start\",\"message\":{}}")
                        .stall());
        receive(BODY);
        socket.await("{\"type\":\"stream\"");

        receive(CANCEL);

        assertThat(socket.awaitClosed()).last().isEqualTo("CLOSE 1011");
        sockets.upstream().awaitOpenConnections(0);
    }

    @Test
    void anotherMessageEndsTheSocket() throws Exception {
        sockets.upstream()
                .answer(Script.sseHead()
                        .event("message_start", "{\"type\":\"message_start\",\"message\":{}}")
                        .stall());
        receive(BODY);
        socket.await("{\"type\":\"stream\"");

        receive(BODY);

        assertThat(socket.awaitClosed()).last().isEqualTo("CLOSE 1008 invalid_request_error");
    }

    @Test
    void aClientThatLeavesBeforeTheAnswerCancelsTheCall() throws Exception {
        sockets.upstream().answer(Script.nothing().stall());
        receive(BODY);
        sockets.upstream().takeRequest();

        protocol.end();

        sockets.upstream().awaitOpenConnections(0);
    }

    @Test
    void aClientThatLeavesDuringItsMessageReleasesItsMemory() {
        receive(BODY.substring(0, 20), false);

        protocol.end();

        assertThat(sockets.budget().reserved()).isZero();
        assertThat(sockets.upstream().requests()).isEmpty();
    }
}
