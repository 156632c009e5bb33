package io.github.claudejakarta.socket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.stream.EventRun;
import jakarta.json.Json;
import java.io.IOException;
import java.io.StringReader;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SocketOutputTest {

    private static final String STOP = frame("message_stop", "{\"type\":\"message_stop\"}");

    private final TestSocket socket = new TestSocket();

    @AfterEach
    void close() {
        socket.close();
    }

    private static String frame(String name, String data) {
        return "event: " + name + "\ndata: " + data + "\n\n";
    }

    private static String text(String text) {
        return frame(
                "content_block_delta",
                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + text
                        + "\"}}");
    }

    private static EventRun run(int sequence, boolean endsLog, String... frames) {
        byte[] bytes = String.join("", frames).getBytes(UTF_8);
        return new EventRun(bytes, 0, bytes.length, sequence, frames.length, endsLog);
    }

    private SocketOutput output(boolean isEveryEvent) {
        return new SocketOutput(socket.client(), Optional::empty, isEveryEvent);
    }

    @Test
    void theTextOfARunIsOneChunkWithTheNumberOfItsLastEvent() throws IOException {
        output(false)
                .write(run(
                        3,
                        false,
                        text("Hel"),
                        text("lo"),
                        frame("ping", "{\"type\":\"ping\"}"),
                        frame("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}")));

        assertThat(socket.frames()).containsExactly("{\"type\":\"chunk\",\"content\":\"Hello\",\"sequence\":4}");
    }

    @Test
    void aRunWithoutTextIsNotSent() throws IOException {
        output(false).write(run(0, false, frame("ping", "{\"type\":\"ping\"}")));

        assertThat(socket.frames()).isEmpty();
    }

    @Test
    void aCharacterInTwoEventsIsInTheChunkOfTheSecond() throws IOException {
        var output = output(false);

        output.write(run(0, false, text("a\\ud83d")));
        output.write(run(1, false, text("\\ude00b")));

        assertThat(socket.frames())
                .containsExactly(
                        "{\"type\":\"chunk\",\"content\":\"a\",\"sequence\":0}",
                        "{\"type\":\"chunk\",\"content\":\"😀b\",\"sequence\":1}");
    }

    @Test
    void everyEventIsSentUnchanged() throws IOException {
        output(true)
                .write(run(
                        7,
                        false,
                        frame("ping", "{ \"type\" : \"ping\", \"x\":1.0 }"),
                        frame("odd", "no JSON"),
                        frame("odd", "[1]")));

        assertThat(socket.frames())
                .containsExactly(
                        "{\"type\":\"event\",\"sequence\":7,\"event\":\"ping\",\"data\":{ \"type\" : \"ping\", \"x\":1.0 }}",
                        "{\"type\":\"event\",\"sequence\":8,\"event\":\"odd\",\"data\":\"no JSON\"}",
                        "{\"type\":\"event\",\"sequence\":9,\"event\":\"odd\",\"data\":\"[1]\"}");
    }

    @Test
    void theEndHasTheStopReasonAndTheUsage() throws IOException {
        var message = new Message(
                Json.createReader(new StringReader("{\"stop_reason\":\"end_turn\",\"usage\":{\"output_tokens\":5}}"))
                        .readObject());
        var output = new SocketOutput(socket.client(), () -> Optional.of(message), false);

        output.write(run(4, true, text("x"), STOP));

        assertThat(socket.frames())
                .containsExactly(
                        "{\"type\":\"chunk\",\"content\":\"x\",\"sequence\":4}",
                        "{\"type\":\"complete\",\"usage\":{\"output_tokens\":5},\"stop_reason\":\"end_turn\",\"sequence\":5}");
        assertThat(output.closeCode()).isEqualTo(CloseCode.NORMAL);
    }

    @Test
    void anEndWithoutAMessageHasNoReason() throws IOException {
        var output = output(false);

        output.write(run(0, true, STOP));

        assertThat(socket.frames())
                .containsExactly("{\"type\":\"complete\",\"usage\":{},\"stop_reason\":null,\"sequence\":0}");
    }

    @Test
    void anErrorIsTheEnd() throws IOException {
        var output = output(false);

        output.write(run(
                2,
                true,
                text("x"),
                frame("error", "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}")));

        assertThat(socket.frames())
                .containsExactly(
                        "{\"type\":\"chunk\",\"content\":\"x\",\"sequence\":2}",
                        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"},\"sequence\":3}");
        assertThat(output.closeCode()).isEqualTo(CloseCode.INTERNAL_ERROR);
    }

    /** If a stop does not end the log, recovery continues after it. */
    @Test
    void aTerminalEventEndsTheSocketOnlyAtTheEndOfTheLog() throws IOException {
        var output = output(false);

        output.write(run(0, false, STOP));

        assertThat(socket.frames()).isEmpty();
        assertThat(output.closeCode()).isEqualTo(CloseCode.GOING_AWAY);
    }

    @Test
    void theReasonForTheEndIsSentAsAnError() throws IOException {
        var output = output(false);

        output.end(ClaudeException.of(ErrorType.API, "The stream was canceled"));

        assertThat(socket.frames()).singleElement().asString().contains("\"api_error\"", "The stream was canceled");
        assertThat(output.closeCode()).isEqualTo(CloseCode.INTERNAL_ERROR);
    }

    @Test
    void aHeartbeatIsAPing() throws IOException {
        output(false).heartbeat();

        assertThat(socket.frames()).containsExactly("PING");
    }

    @Test
    void nothingIsWrittenToAClientThatHasLeft() {
        socket.client().left();

        assertThatThrownBy(() -> output(false).write(run(0, false, text("x")))).isInstanceOf(IOException.class);
        assertThat(socket.frames()).isEmpty();
    }

    /** Events that are not sent take time too, which is not the client's. */
    @Test
    void eachEventIsProgress() throws IOException {
        var output = output(false);
        var progress = new AtomicInteger();
        output.onProgress(progress::incrementAndGet);

        output.write(run(0, false, frame("ping", "{\"type\":\"ping\"}"), frame("ping", "{\"type\":\"ping\"}")));

        assertThat(progress).hasValue(2);
    }
}
