package io.github.claudejakarta.socket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlTest {

    private static final int LONGEST = 4_096;

    private final TestSocket socket = new TestSocket();
    private final AtomicInteger canceled = new AtomicInteger();
    private final Control control = new Control(socket.client(), canceled::incrementAndGet);

    @AfterEach
    void close() {
        socket.close();
    }

    private void receive(String message) {
        byte[] bytes = message.getBytes(UTF_8);
        control.received(bytes, 0, bytes.length, true);
    }

    /** Returns the frames that the serving thread sends and closes with. */
    private List<String> end() {
        socket.client().end(CloseCode.NORMAL);
        return socket.frames();
    }

    private void assertRejected(String message) {
        assertThat(canceled).hasValue(0);
        assertThat(socket.client().hasLeft()).isTrue();
        assertThat(end())
                .satisfiesExactly(
                        error -> assertThat(error).contains("\"invalid_request_error\"", message),
                        last -> assertThat(last).isEqualTo("CLOSE 1008 invalid_request_error"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"type\":\"cancel\"}", " { \"x\": [{\"type\":\"no\"}], \"type\" : \"\\u0063ancel\" } "})
    void aCancelMessageCancels(String message) {
        receive(message);

        assertThat(canceled).hasValue(1);
        assertThat(end()).containsExactly("CLOSE 1000");
    }

    @Test
    void aMessageMayArriveByteByByte() {
        byte[] message = "{\"why\":\"é😀\",\"type\":\"cancel\"}".getBytes(UTF_8);
        for (int i = 0; i < message.length; i++) {
            assertThat(canceled).hasValue(0);
            control.received(message, i, 1, i == message.length - 1);
        }

        assertThat(canceled).hasValue(1);
    }

    @Test
    void eachMessageIsHandledSeparately() {
        receive("{\"type\":\"cancel\",\"x\":\"" + "x".repeat(LONGEST - 30) + "\"}");
        receive("{\"type\":\"cancel\"}");

        assertThat(canceled).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "cancel",
                "\"cancel\"",
                "[\"type\",\"cancel\"]",
                "{}",
                "{\"type\":\"Cancel\"}",
                "{\"type\":[\"cancel\"]}",
                "{\"type\":null}",
                "{\"x\":{\"type\":\"cancel\"}}",
                "{\"type\":\"cancel\"",
                "{\"type\":\"can\",\"type\":\"cel\"}x"
            })
    void anyOtherMessageIsRejected(String message) {
        receive(message);

        assertRejected("type: Input should be 'cancel'");
    }

    /** Characters are counted as in Java: a character of four bytes counts as two. */
    @ParameterizedTest
    @ValueSource(strings = {"x", "é", "€", "😀"})
    void aMessageHasALimit(String character) {
        String frame = "{\"type\":\"cancel\",\"x\":\"\"}";
        String most = character.repeat((LONGEST - frame.length()) / character.length());
        String message = frame.replace("\"\"", "\"" + most + "\"");

        receive(message + " ".repeat(LONGEST - message.length()));
        assertThat(canceled).hasValue(1);

        canceled.set(0);
        receive(message + " ".repeat(LONGEST + 1 - message.length()));
        assertRejected("A control message has more than 4096 characters. ");
    }

    @Test
    void aMessageThatIsTooLongIsRejectedBeforeItsEnd() {
        control.received(new byte[LONGEST + 1], 0, LONGEST + 1, false);

        assertRejected("A control message has more than 4096 characters. ");
    }

    @Test
    void messagesAfterAnErrorAreIgnored() {
        receive("{}");
        receive("{\"type\":\"cancel\"}");

        assertRejected("type: Input should be 'cancel'");
    }
}
