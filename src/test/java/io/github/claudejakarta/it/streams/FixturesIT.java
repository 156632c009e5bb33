package io.github.claudejakarta.it.streams;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.SseEvent;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The fixtures define the protocol. Each passes through the server over a socket, in each way of watching. */
@ExtendWith(ArquillianExtension.class)
class FixturesIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static final String FIRST_EVENT_ERROR = "07b_error_first_event";
    private static final String TRUNCATED = "12_truncated_eof";
    /**
     * It has comments, ids, retry lines and data in two lines, which Claude does not send and the server does not
     * forward.
     */
    private static final String OTHERWISE_FRAMED = "08_ping_heavy";

    private static final JsonObject MANIFEST = resource("manifest.json").asJsonObject();

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(FaultTolerance.NO_RETRIES, FaultTolerance.NO_BREAKER);
    }

    @BeforeAll
    static void startUpstream() {
        upstream = ScriptedUpstream.startForServer();
    }

    @AfterAll
    static void closeUpstream() {
        upstream.close();
    }

    @BeforeEach
    void forget() {
        upstream.forget();
    }

    static Stream<String> streams() {
        return FixtureFile.names().filter(name -> !name.equals(FIRST_EVENT_ERROR));
    }

    @ParameterizedTest
    @MethodSource("streams")
    void relaysByteForByte(String name) throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse(name)));

        assertRelayed(name, Api.message());
    }

    @ParameterizedTest
    @MethodSource("streams")
    void relaysEventsThatArriveByteByByte(String name) throws Exception {
        upstream.answer(Script.sseByteByByte(FixtureFile.sse(name)));

        assertRelayed(name, Api.message());
    }

    private static void assertRelayed(String name, HttpResponse<String> response) {
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("text/event-stream");
        assertThat(response.headers().firstValue("request-id")).contains("req_scripted");
        if (name.equals(TRUNCATED)) {
            assertThat(response.body()).startsWith(whole(name));
            assertApiError(SseEvent.parse(response.body().substring(whole(name).length())));
        } else {
            assertThat(response.body()).isEqualTo(name.equals(OTHERWISE_FRAMED) ? reframed(name) : lf(name));
        }
    }

    @ParameterizedTest
    @MethodSource("streams")
    void showsEveryEventWithItsNumber(String name) throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse(name)));
        var id = Api.streamId(Api.message());

        var events = Api.events(id);

        assertThat(events)
                .extracting(SseEvent::id)
                .containsExactlyElementsOf(IntStream.range(0, events.size())
                        .mapToObj(Integer::toString)
                        .toList());
        assertEvents(name, events);
    }

    @ParameterizedTest
    @MethodSource("streams")
    void showsTheAccumulatedMessage(String name) throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse(name)));

        var stream = Api.stream(Api.streamId(Api.message()));

        var manifest = MANIFEST.getJsonObject(name);
        var isComplete = manifest.getString("outcome").equals("complete");
        assertThat(stream.get("message")).isEqualTo(resource(name + ".json"));
        assertUnparsed(manifest.getJsonObject("unparsed_tool_input"), stream);
        assertThat(stream.getString("status")).isEqualTo(isComplete ? "completed" : "failed");
        assertThat(stream.getString("type")).isEqualTo("stream");
        assertThat(stream.getString("created_at")).isLessThanOrEqualTo(stream.getString("ended_at"));
        assertThat(stream.getInt("events")).isEqualTo(frames(name).size() + (name.equals(TRUNCATED) ? 1 : 0));
        assertThat(stream.getInt("subscribers")).isZero();
        if (isComplete) {
            assertThat(stream.isNull("error")).isTrue();
        } else {
            assertThat(stream.getJsonObject("error").getString("type"))
                    .isEqualTo(name.equals(TRUNCATED) ? "api_error" : "overloaded_error");
        }
    }

    /**
     * Asserts the unparsed tool inputs of a stream.
     *
     * @param expected texts by index, or null
     */
    private static void assertUnparsed(JsonObject expected, JsonObject stream) {
        if (expected == null) {
            assertThat(stream.keySet()).doesNotContain("unparsed_tool_inputs");
            return;
        }
        var content = stream.getJsonObject("message").getJsonArray("content");
        assertThat(stream.getJsonArray("unparsed_tool_inputs"))
                .hasSameSizeAs(expected.keySet())
                .allSatisfy(value -> {
                    var input = value.asJsonObject();
                    var call = content.getJsonObject(input.getInt("index"));
                    assertThat(input.keySet()).containsExactly("index", "id", "name", "text");
                    assertThat(input.getString("id")).isEqualTo(call.getString("id"));
                    assertThat(input.getString("name")).isEqualTo(call.getString("name"));
                    assertThat(input.get("text")).isEqualTo(expected.get(String.valueOf(input.getInt("index"))));
                });
    }

    @ParameterizedTest
    @MethodSource("streams")
    void showsOnlyTheText(String name) throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse(name)));
        var id = Api.streamId(Api.message());

        var response = Api.open(Api.request("/v1/streams/" + id, "accept", "text/plain"));

        assertThat(response.headers().firstValue("content-type").orElse("").toLowerCase(Locale.ROOT))
                .startsWith("text/plain")
                .contains("utf-8");
        var text = frames(name).stream()
                .filter(event -> event.name().equals("content_block_delta"))
                .map(event -> Api.json(event.data()).getJsonObject("delta"))
                .filter(delta -> delta.getString("type").equals("text_delta"))
                .map(delta -> delta.getString("text"))
                .collect(Collectors.joining());
        try (var in = response.body()) {
            assertThat(new String(in.readNBytes(text.getBytes(UTF_8).length), UTF_8))
                    .isEqualTo(text);
            assertTextEnd(MANIFEST.getJsonObject(name).getString("outcome"), in);
        }
    }

    /** A partial answer must be distinguishable from a complete one: the error is the last line. */
    private static void assertTextEnd(String outcome, InputStream in) throws IOException {
        var rest = new String(in.readAllBytes(), UTF_8);
        if (outcome.equals("complete")) {
            assertThat(rest).isEmpty();
        } else {
            assertThat(rest).startsWith("\n{").endsWith("}\n");
            assertThat(Api.json(rest).getString("type")).isEqualTo("error");
        }
    }

    @ParameterizedTest
    @MethodSource("streams")
    void resumesAfterEachEvent(String name) throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse(name)));
        var id = Api.streamId(Api.message());
        var all = Api.events(id);

        for (int last = 0; last < all.size() - 1; last++) {
            assertThat(Api.events(id, "Last-Event-ID", "" + last)).isEqualTo(all.subList(last + 1, all.size()));
        }
        var afterLast = Api.send(Api.watching(id, "Last-Event-ID", "" + (all.size() - 1)));
        assertThat(afterLast.statusCode()).isEqualTo(204);
        assertThat(afterLast.body()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("streams")
    void showsALateWatcherAllEventsFromTheBeginning(String name) throws Exception {
        var barrier = new Barrier();
        var text = lf(name);
        int half = text.indexOf("\n\n", text.length() / 2) + 2;
        upstream.answer(
                Script.sseHead().write(text.substring(0, half)).pause(barrier).write(text.substring(half)));
        var id = Api.startStream();
        barrier.awaitReached();
        await(id, 1);

        var late = Api.sendAsync(Api.watching(id));
        await(id, 1);
        barrier.release();

        assertEvents(name, SseEvent.parse(late.get().body()));
    }

    private static void await(String id, int events) throws Exception {
        Api.await("event " + events, () -> Api.stream(id).getInt("events") >= events);
    }

    @Test
    void returnsTheStatusOfAnErrorThatIsTheFirstEvent() throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse(FIRST_EVENT_ERROR)));

        var response = Api.message();

        assertThat(response.statusCode()).isEqualTo(529);
        assertThat(Api.json(response.body()).getJsonObject("error").getString("type"))
                .isEqualTo("overloaded_error");
        assertThat(response.headers().firstValue("stream-id")).isEmpty();
    }

    @Test
    void showsAnErrorThatIsTheFirstEventInAStream() throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse(FIRST_EVENT_ERROR)));

        var stream = Api.endedStream(Api.startStream());

        assertThat(stream.getString("status")).isEqualTo("failed");
        assertThat(stream.isNull("message")).isTrue();
        assertThat(stream.getJsonObject("error").getString("type")).isEqualTo("overloaded_error");
        assertThat(Api.events(stream.getString("id")))
                .singleElement()
                .extracting(SseEvent::name)
                .isEqualTo("error");
        assertThat(Api.get("/v1/streams/" + stream.getString("id"), "accept", "text/plain")
                        .statusCode())
                .isEqualTo(529);
    }

    private static void assertEvents(String name, List<SseEvent> events) {
        var plain = events.stream().map(SseEvent::withoutId).toList();
        var expected = frames(name);
        if (name.equals(TRUNCATED)) {
            assertThat(plain.subList(0, expected.size())).isEqualTo(expected);
            assertApiError(plain.subList(expected.size(), plain.size()));
        } else {
            assertThat(plain).isEqualTo(expected);
        }
        assertThat(events).filteredOn(SseEvent::isTerminal).hasSize(1).containsExactly(events.get(events.size() - 1));
    }

    private static void assertApiError(List<SseEvent> events) {
        assertThat(events).singleElement().extracting(SseEvent::name).isEqualTo("error");
        assertThat(Api.json(events.get(0).data()).getJsonObject("error").getString("type"))
                .isEqualTo("api_error");
    }

    private static String lf(String name) {
        return new String(FixtureFile.sse(name), UTF_8).replace("\r\n", "\n");
    }

    /** The fixture without an incomplete frame at its end. */
    private static String whole(String name) {
        return lf(name).substring(0, lf(name).lastIndexOf("\n\n") + 2);
    }

    private static List<SseEvent> frames(String name) {
        return SseEvent.parse(whole(name)).stream().map(SseEvent::withoutId).toList();
    }

    private static String reframed(String name) {
        return frames(name).stream()
                .map(event -> Wire.frame(event.name(), event.data().replace("\n", "\ndata: ")))
                .collect(Collectors.joining());
    }

    private static JsonValue resource(String file) {
        try (var in = FixturesIT.class.getResourceAsStream("/fixtures/" + file);
                var reader = Json.createReader(in)) {
            return reader.readValue();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
