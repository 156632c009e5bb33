package io.github.claudejakarta.socket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.StreamStatus;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.web.Caller;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WatchProtocolTest {

    private TestSocket socket = new TestSocket();
    private final TestSockets sockets = new TestSockets(socket);
    private final AtomicInteger served = new AtomicInteger();

    @AfterEach
    void close() {
        sockets.close();
        socket.close();
    }

    private WatchProtocol protocol(String id) {
        return new WatchProtocol(sockets.get(), socket.client(), id, served::incrementAndGet);
    }

    private ClaudeStream stream(String owner, Script script) {
        sockets.upstream().answer(script);
        return sockets.streams()
                .start(ClaudeRequest.stream(RequestBody.of("{}".getBytes(UTF_8)))
                        .withCaller(owner));
    }

    private ClaudeStream ended() {
        ClaudeStream stream = stream(Caller.LOCAL.name(), Script.sse(FixtureFile.sse("01_plain_text")));
        stream.message();
        return stream;
    }

    private ClaudeStream running() {
        return stream(
                Caller.LOCAL.name(),
                Script.sseHead()
                        .event("message_start", "{\"type\":\"message_start\",\"message\":{}}")
                        .stall());
    }

    private List<String> watched(String... parameters) throws InterruptedException {
        ClaudeStream stream = ended();
        socket = new TestSocket(parameters);
        protocol(stream.id()).begin();
        return socket.awaitClosed();
    }

    @Test
    void sendsTheStreamFromItsBeginning() throws Exception {
        var frames = watched();

        assertThat(served).hasValue(1);
        assertThat(frames).first().asString().startsWith("{\"type\":\"chunk\"");
        assertThat(frames).element(frames.size() - 2).asString().startsWith("{\"type\":\"complete\"");
        assertThat(frames).last().isEqualTo("CLOSE 1000");
    }

    @Test
    void sendsEveryEventOnRequest() throws Exception {
        assertThat(watched("events", "all"))
                .first()
                .asString()
                .startsWith("{\"type\":\"event\",\"sequence\":0,\"event\":\"message_start\",\"data\":{");
    }

    @Test
    void resumesAfterAnEvent() throws Exception {
        assertThat(watched("events", "all", "after", "2")).first().asString().contains("\"sequence\":3,");
    }

    /** Each socket gets a terminal event. */
    @Test
    void anEndedStreamHasItsTerminalEventAgain() throws Exception {
        var frames = watched("after", "9");

        assertThat(frames)
                .satisfiesExactly(
                        complete -> assertThat(complete).startsWith("{\"type\":\"complete\""),
                        last -> assertThat(last).isEqualTo("CLOSE 1000"));
    }

    @Test
    void anUnknownStreamIsNotServed() {
        var protocol = protocol("stream_x");

        assertThatThrownBy(protocol::begin)
                .isInstanceOfSatisfying(
                        ClaudeException.class, e -> assertThat(e.type()).isEqualTo(ErrorType.NOT_FOUND));
        assertThat(served).hasValue(0);
    }

    @Test
    void aStreamOfAnotherCallerIsNotFound() {
        ClaudeStream stream = stream("somebody else", Script.sse(FixtureFile.sse("01_plain_text")));

        assertThatThrownBy(protocol(stream.id())::begin).hasMessageContaining("There is no stream " + stream.id());
    }

    @Test
    void anErrorIsSentOnce() {
        var protocol = protocol("stream_x");

        protocol.failed(ClaudeException.of(ErrorType.NOT_FOUND, "first"), CloseCode.POLICY_VIOLATION);
        protocol.failed(ClaudeException.of(ErrorType.NOT_FOUND, "second"), CloseCode.POLICY_VIOLATION);

        assertThat(socket.frames())
                .satisfiesExactly(
                        error -> assertThat(error).contains("first"),
                        last -> assertThat(last).isEqualTo("CLOSE 1008 not_found_error"));
    }

    @Test
    void messagesBeforeTheStreamAreIgnored() {
        protocol("stream_x").text("{}".getBytes(UTF_8), 0, 2, true);

        assertThat(socket.frames()).isEmpty();
    }

    @Test
    void aCancelCancelsTheStream() throws Exception {
        ClaudeStream stream = running();
        var protocol = protocol(stream.id());
        protocol.begin();
        byte[] cancel = "{\"type\":\"cancel\"}".getBytes(UTF_8);

        protocol.text(cancel, 0, cancel.length, true);

        assertThat(socket.awaitClosed()).last().isEqualTo("CLOSE 1011");
        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
    }

    @Test
    @Slow("time limits in real time")
    void aViolationEndsTheSocketAndNotTheStream() throws Exception {
        ClaudeStream stream = running();
        var protocol = protocol(stream.id());
        protocol.begin();

        protocol.failed(ClaudeException.of(ErrorType.INVALID_REQUEST, "x"), CloseCode.PROTOCOL_ERROR);

        assertThat(socket.awaitClosed()).last().isEqualTo("CLOSE 1002 invalid_request_error");
        assertThat(stream.endedAt()).isEmpty();
    }

    @Test
    @Slow("time limits in real time")
    void aClientThatLeavesEndsNothing() {
        ClaudeStream stream = running();
        var protocol = protocol(stream.id());
        protocol.begin();

        protocol.end();

        assertThat(socket.client().hasLeft()).isTrue();
        assertThat(stream.endedAt()).isEmpty();
    }
}
