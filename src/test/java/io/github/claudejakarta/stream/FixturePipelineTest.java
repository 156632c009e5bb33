package io.github.claudejakarta.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageAccumulator;
import io.github.claudejakarta.claude.MessageAccumulator.Outcome;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.EventStream;
import io.github.claudejakarta.claude.http.EventStreams;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.upstream.FixtureFile;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests every recorded stream in all steps: reader, log, writer, types, message. */
@Timeout(120)
class FixturePipelineTest {

    private static final String NO_STOP = "\"Claude's stream ended without message_stop\"";

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.upstream.FixtureFile#names")
    void theWholeFixtureIsTheSameMessage(String name) throws Exception {
        assertIsTheMessage(name, events(EventStreams.of(FixtureFile.sse(name))));
    }

    @Slow("cuts at every byte")
    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.upstream.FixtureFile#names")
    void theFixtureCutAtEveryByteIsTheSameMessage(String name) throws Exception {
        byte[] body = FixtureFile.sse(name);
        var whole = events(EventStreams.of(body));

        for (int at = 1; at < body.length; at++) {
            assertThat(events(EventStreams.cut(body, at))).as("cut at %d", at).isEqualTo(whole);
        }
    }

    @Slow("cuts at every byte")
    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.upstream.FixtureFile#names")
    void theFixtureIsWrittenByteForByteWholeAndCutAtEveryByte(String name) throws Exception {
        byte[] body = FixtureFile.sse(name);
        String expected = EventStreams.framed(body);

        assertThat(withoutOurEnd(written(EventStreams.of(body)))).isEqualTo(expected);
        for (int at = 1; at < body.length; at++) {
            assertThat(withoutOurEnd(written(EventStreams.cut(body, at))))
                    .as("cut at %d", at)
                    .isEqualTo(expected);
        }
    }

    /** If an upstream is cut off anywhere, the output is the beginning of the fixture and an error. */
    @Slow("cuts at every byte")
    @ParameterizedTest
    @MethodSource("withOneDataLineAnEvent")
    void aFixtureThatIsCutOffNeverEndsCleanly(String name) throws Exception {
        byte[] body = FixtureFile.sse(name);
        var complete = events(EventStreams.of(body));

        for (int at = 0; at < body.length - 2; at++) {
            var events = events(EventStreams.of(java.util.Arrays.copyOf(body, at)));
            if (events.size() == complete.size() && events.equals(complete)) {
                continue; // only the last blank line, or what follows the end, is missing
            }
            assertThat(events.get(events.size() - 1).data()).as("%d", at).contains(NO_STOP);
            assertThat(complete.subList(0, events.size() - 1))
                    .as("%d", at)
                    .isEqualTo(events.subList(0, events.size() - 1));
        }
    }

    /**
     * If an event has several data lines, a cut between them looks like an end without the last blank line, which is
     * accepted.
     */
    static Stream<String> withOneDataLineAnEvent() {
        return FixtureFile.names().filter(name -> !name.equals("08_ping_heavy"));
    }

    private static void assertIsTheMessage(String name, List<ServerSentEvent> events) {
        JsonObject manifest = json("manifest.json").asJsonObject().getJsonObject(name);
        boolean isTruncated = manifest.getString("outcome").equals("truncated");
        var recorded = isTruncated ? events.subList(0, events.size() - 1) : events;
        var accumulator = new MessageAccumulator();
        var typed = recorded.stream()
                .map(event -> StreamEvent.of(event.name(), event.data()))
                .toList();
        typed.forEach(accumulator::accumulate);

        assertThat(recorded).hasSize(manifest.getInt("events"));
        assertThat(typed.stream().filter(StreamEvent.Ping.class::isInstance)).hasSize(manifest.getInt("pings"));
        assertThat(accumulator.message().<JsonValue>map(Message::json).orElse(JsonValue.NULL))
                .isEqualTo(json(name + ".json"));
        assertThat(accumulator.ignored())
                .isEqualTo(manifest.getJsonArray("ignored").getValuesAs(JsonString::getString).stream()
                        .collect(Collectors.toMap(type -> type, type -> 1)));
        assertThat(accumulator.error().<JsonValue>map(StreamEvent.Error::json))
                .isEqualTo(java.util.Optional.<JsonValue>ofNullable(manifest.getJsonObject("error")));
        assertThat(accumulator.outcome())
                .isEqualTo(Map.of("complete", Outcome.COMPLETE, "error", Outcome.FAILED)
                        .getOrDefault(manifest.getString("outcome"), Outcome.UNFINISHED));
        if (isTruncated) {
            assertThat(events.get(events.size() - 1).data()).contains(NO_STOP);
        }
    }

    private static List<ServerSentEvent> events(EventStream body) throws InterruptedException {
        var seen = new ArrayList<ServerSentEvent>();
        BlockingReader reader = reader(body);
        for (EventRun run = reader.next(); !run.isEmpty(); run = reader.next()) {
            seen.addAll(run.events());
        }
        return seen;
    }

    private static String written(EventStream body) throws Exception {
        var out = new ByteArrayOutputStream();
        var output = new VerbatimOutput(out);
        BlockingReader reader = reader(body);
        for (EventRun run = reader.next(); !run.isEmpty(); run = reader.next()) {
            output.write(run);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static BlockingReader reader(EventStream body) {
        return Events.reader(Events.readingFrom(new UpstreamEvents(new ClaudeCall(ClaudeRequest.models()), body)), 0);
    }

    private static String withoutOurEnd(String written) {
        int last = written.lastIndexOf("event: ");
        return written.substring(last).contains(NO_STOP) ? written.substring(0, last) : written;
    }

    private static JsonValue json(String file) {
        try (var in = FixtureFile.class.getResourceAsStream("/fixtures/" + file);
                var reader = Json.createReader(in)) {
            return reader.readValue();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
