package io.github.claudejakarta.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.EventStreams;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class UpstreamEventsTest {

    private static final String STOP = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    private static final String PING = "event: ping\ndata: {\"type\":\"ping\"}\n\n";

    private final ClaudeCall call = new ClaudeCall(ClaudeRequest.stream(RequestBody.of(new byte[0])));
    private final AtomicInteger closed = new AtomicInteger();

    @Test
    void eventsAreReturnedUnchanged() {
        assertThat(upstream(body(PING + STOP)).read())
                .extracting(ServerSentEvent::name)
                .containsExactly("ping", "message_stop");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "event: message_stop",
                "event: message_stop\ndata: {\"type\":\"mess",
                "<html>\n\n",
                "garbage",
                "\0\1\2"
            })
    void aBodyThatEndsWithoutAStopIsAnApiError(String body) {
        assertThat(upstream(body(body)).read()).singleElement().satisfies(end -> {
            assertThat(end.name()).isEqualTo("error");
            assertThat(end.data())
                    .startsWith("{\"type\":\"error\",\"error\":{\"type\":\"api_error\"")
                    .contains("without message_stop");
        });
    }

    @Test
    void anEventBeforeTheEndIsNotLost() {
        var upstream = upstream(body(PING));

        assertThat(upstream.read()).extracting(ServerSentEvent::name).containsExactly("ping");
        assertThat(upstream.read()).extracting(ServerSentEvent::name).containsExactly("error");
    }

    @Test
    void aConnectionThatBreaksIsAnApiError() {
        var upstream = upstream(new SequenceInputStream(body(PING), broken(new IOException("Connection reset"))));

        assertThat(upstream.read()).extracting(ServerSentEvent::name).containsExactly("ping");
        assertThat(upstream.read())
                .singleElement()
                .satisfies(end -> assertThat(end.data()).contains("\"api_error\"", "broke off: Connection reset"));
    }

    /** For example when a channel is closed by another thread. */
    @Test
    void aFailureWithoutAMessageIsNamedByItsClass() {
        var upstream = upstream(new SequenceInputStream(body(PING), broken(new ClosedChannelException())));

        assertThat(upstream.read()).extracting(ServerSentEvent::name).containsExactly("ping");
        assertThat(upstream.read())
                .singleElement()
                .satisfies(end -> assertThat(end.data()).contains("broke off: ClosedChannelException"));
    }

    @Test
    void aFailureOfAnyOtherKindIsAnApiErrorWithoutDetails() {
        assertThat(upstream(broken(new UnsupportedOperationException("secret"))).read())
                .singleElement()
                .satisfies(end -> assertThat(end.data())
                        .contains("\"api_error\"", "could not be read")
                        .doesNotContain("secret"));
    }

    @Test
    void eventsAfterTheStopAreOmitted() {
        assertThat(upstream(body(PING + STOP + PING + STOP)).read())
                .extracting(ServerSentEvent::name)
                .containsExactly("ping", "message_stop");
    }

    @Test
    void eventsAfterAnErrorAreOmitted() {
        assertThat(upstream(body("event: error\ndata: {}\n\n" + STOP)).read())
                .extracting(ServerSentEvent::name)
                .containsExactly("error");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"type\":\"message_stop\"}\n\n",
                "data: {\"error\":{\"message\":\"x\"}}\n\n",
                "event: error\ndata: oops\n\n",
                "event: message_stop\ndata: \n\n",
                "event: x\ndata: {\"type\":\"error\",\"error\":{}}\n\n"
            })
    void anEndIsKnownInAnyShape(String end) {
        assertThat(upstream(body(end + PING)).read()).hasSize(1).allMatch(Terminal::is);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ping", "message_start", "message_delta", "content_block_stop", "future_event", ""})
    void otherEventsAreNotTerminal(String name) {
        assertThat(Terminal.is(ServerSentEvent.of(name, "{\"text\":\"message_stop error\"}")))
                .isFalse();
    }

    @Test
    void aCompleteStreamIsReadOutAndItsConnectionReturned() {
        var body = body(STOP + PING);
        var upstream = upstream(body);
        upstream.read();

        upstream.close();

        assertThat(body.available()).isZero();
        assertThat(closed).hasValue(1);
        assertThat(call.isCanceled()).isFalse();
    }

    @Test
    void anIncompleteStreamIsCut() {
        var upstream = upstream(body(PING + STOP + PING));

        upstream.close();

        assertThat(call.isCanceled()).isTrue();
        assertThat(closed).hasValue(1);
    }

    @Test
    void aFailureToCloseIsIgnored() {
        var upstream = new UpstreamEvents(call, EventStreams.of(call, body(STOP), () -> {
            throw new IOException("cut");
        }));
        upstream.read();

        upstream.close();

        assertThat(call.isCanceled()).isFalse();
    }

    private UpstreamEvents upstream(InputStream body) {
        return new UpstreamEvents(call, EventStreams.of(call, body, closed::incrementAndGet));
    }

    private static ByteArrayInputStream body(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private static InputStream broken(Exception failure) {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                if (failure instanceof IOException io) {
                    throw io;
                }
                throw (RuntimeException) failure;
            }
        };
    }
}
