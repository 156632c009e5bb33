package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.http.Sse.Event;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.ws.rs.client.Client;
import java.util.ArrayList;
import java.util.List;
import org.glassfish.jersey.client.JerseyClientBuilder;
import org.glassfish.jersey.media.sse.EventInput;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Jersey's own reader is the reference: the same bytes give the same names and data. */
@Timeout(60)
class EventInputConformanceTest {

    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final Client jersey = new JerseyClientBuilder().build();

    @AfterEach
    void close() {
        jersey.close();
        upstream.close();
    }

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.upstream.FixtureFile#names")
    void fixturesAreReadAsByJersey(String name) {
        assertReadsLikeJersey(FixtureFile.sse(name));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "event: a\ndata: 1\n\nevent: b\ndata: 2\n\n",
                "event: a\r\ndata: 1\r\n\r\nevent: b\r\ndata: 2\r\n\r\n",
                ": comment\nevent: a\n: within\ndata: 1\n\n",
                "id: 7\nretry: 100\nevent: a\ndata: 1\n\n",
                "event: a\ndata: 1\ndata: 2\ndata: 3\n\n",
                "event:a\ndata:1\n\n",
                "data: 1\nevent: a\n\n",
                "event: a\ndata: ä€😀\u2028\n\n",
                "\n\nevent: a\ndata: 1\n\n\n\nevent: b\ndata: 2\n\n",
            })
    void rulesAreReadAsByJersey(String body) {
        assertReadsLikeJersey(Sse.bytes(body));
    }

    @Test
    void aLargeEventIsReadAsByJersey() {
        assertReadsLikeJersey(Sse.bytes("event: a\ndata: " + "x".repeat(200_000) + "\n\n"));
    }

    private void assertReadsLikeJersey(byte[] body) {
        upstream.otherwise(request -> Script.sse(body));

        assertThat(Sse.read(body)).isEqualTo(byJersey());
    }

    private List<Event> byJersey() {
        var events = new ArrayList<Event>();
        try (var input =
                jersey.target(upstream.url()).request("text/event-stream").get(EventInput.class)) {
            for (var event = input.read(); event != null; event = input.read()) {
                if (!event.isEmpty()) {
                    events.add(new Event(event.getName() == null ? "" : event.getName(), event.readData()));
                }
            }
        }
        return events;
    }
}
