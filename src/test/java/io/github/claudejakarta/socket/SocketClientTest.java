package io.github.claudejakarta.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SocketClientTest {

    private static final Runnable NOBODY = () -> {};
    private static final ClaudeException TOO_MUCH = ClaudeException.of(ErrorType.REQUEST_TOO_LARGE, "Too much");

    private TestSocket socket = new TestSocket();

    @AfterEach
    void close() {
        socket.close();
    }

    private SocketClient client() {
        return socket.client();
    }

    @Test
    void ofAParameterTheLastValueCounts() {
        socket = new TestSocket("after", "7");

        assertThat(client().parameter("after")).isEqualTo("7");
        assertThat(client().parameter("events")).isNull();
    }

    @Test
    void everyEventIsSentOnRequest() {
        assertThat(client().sendsAllEvents()).isFalse();
        assertThat(new TestSocket("events", "all").client().sendsAllEvents()).isTrue();
        assertThatThrownBy(new TestSocket("events", "some").client()::sendsAllEvents)
                .isInstanceOfSatisfying(
                        ClaudeException.class, e -> assertThat(e.type()).isEqualTo(ErrorType.INVALID_REQUEST))
                .hasMessageContaining("events: Input should be 'all'");
    }

    @Test
    void textIsSentAsWellFormedUnicode() throws IOException {
        client().send("{\"a\":\"\uD83D\"}", NOBODY);

        assertThat(socket.frames()).containsExactly("{\"a\":\"\\ud83d\"}");
    }

    @Test
    void aRejectionIsAnErrorWithAnIdAndAClose() {
        client().reject(ClaudeException.of(ErrorType.OVERLOADED, "Full"));

        assertThat(socket.frames())
                .satisfiesExactly(
                        error -> assertThat(error).contains("\"overloaded_error\"", "Full", "\"request_id\":\"req_"),
                        last -> assertThat(last).isEqualTo("CLOSE 1013 overloaded_error"));
    }

    @Test
    void anIdThatAnErrorHasIsKept() {
        client().reject(TOO_MUCH.withRequestId("req_claudes"));

        assertThat(socket.frames().get(0)).contains("\"request_id\":\"req_claudes\"");
        assertThat(socket.frames().get(1)).isEqualTo("CLOSE 1009 request_too_large");
    }

    /** The thread that serves the socket may be writing a frame, so it reports the error. */
    @Test
    void aViolationIsReportedByTheThreadThatServes() {
        client().reportViolation(TOO_MUCH, CloseCode.POLICY_VIOLATION);
        assertThat(socket.frames()).isEmpty();
        assertThat(client().hasLeft()).isTrue();

        client().reportViolation(ClaudeException.of(ErrorType.API, "second"), CloseCode.INTERNAL_ERROR);
        client().end(CloseCode.NORMAL);

        assertThat(socket.frames())
                .satisfiesExactly(
                        error -> assertThat(error).contains("Too much"),
                        last -> assertThat(last).isEqualTo("CLOSE 1008 request_too_large"));
    }

    @Test
    void aViolationReplacesALaterRejection() {
        client().reportViolation(TOO_MUCH, CloseCode.POLICY_VIOLATION);

        client().reject(ClaudeException.of(ErrorType.API, "later"));

        assertThat(socket.frames().get(0)).contains("Too much");
        assertThat(socket.frames().get(1)).isEqualTo("CLOSE 1008 request_too_large");
    }

    @Test
    void withoutAViolationTheEndHasTheCodeOfTheStream() {
        client().end(CloseCode.NORMAL);
        client().close(CloseCode.GOING_AWAY, "");

        assertThat(socket.frames()).containsExactly("CLOSE 1000");
    }

    @Test
    void aListenerThatIsAddedLateIsCalledToo() {
        var calls = new AtomicInteger();
        client().left();

        client().onLeft(calls::incrementAndGet);

        assertThat(calls).hasValue(1);
        assertThat(client().hasLeft()).isTrue();
    }

    @Test
    void aClientThatLeftCanBeClosed() {
        socket.leave();

        client().reject(TOO_MUCH);
        client().close(CloseCode.NORMAL, "");

        assertThat(socket.frames()).isEmpty();
    }

    @Test
    void aClientThatIsNotServedIsRejectedAtAStop() {
        client().stop();

        assertThat(socket.frames()).last().asString().startsWith("CLOSE 1013");
    }

    @Test
    void aClientThatIsServedIsNotRejectedAtAStop() {
        socket.entry().run(NOBODY);

        client().stop();
        client().rejectIfStopping();

        assertThat(socket.frames()).isEmpty();
    }

    @Test
    void aClientIsRejectedOnce() {
        client().stop();
        client().rejectIfStopping();

        assertThat(socket.frames()).hasSize(2);
    }
}
