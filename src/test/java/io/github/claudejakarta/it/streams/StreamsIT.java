package io.github.claudejakarta.it.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.SseEvent;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code /v1/streams}: streams that outlive their first client, and that many clients watch, resume and cancel. */
@ExtendWith(ArquillianExtension.class)
class StreamsIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings();
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

    @Test
    void startsAStreamThatRunsWithoutClients() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));

        var created = Api.post("/v1/streams", Api.body(false));

        assertThat(created.statusCode()).isEqualTo(201);
        var stream = Api.json(created.body());
        var id = stream.getString("id");
        assertThat(created.headers().firstValue("location")).contains(Api.SERVER + "/v1/streams/" + id);
        assertThat(stream.getString("type")).isEqualTo("stream");
        assertThat(stream.getString("status")).isEqualTo("running");
        assertThat(stream.keySet())
                .containsExactlyInAnyOrder(
                        "id", "type", "status", "created_at", "ended_at", "events", "subscribers", "message", "error");
        assertThat(stream.isNull("ended_at")).isTrue();
        assertThat(upstream.takeRequest().json().getBoolean("stream")).isTrue();
        barrier.awaitReached();
        Api.await("the third event", () -> Api.stream(id).getInt("events") == 3);
        assertThat(textOf(Api.stream(id))).isEqualTo("Hel");
        barrier.release();
        var ended = Api.endedStream(id);
        assertThat(ended.getString("status")).isEqualTo("completed");
        assertThat(textOf(ended)).isEqualTo("Hello");
    }

    /** A character may arrive in two halves, and a lone surrogate may remain. */
    @Test
    void surrogatesAreNotReplaced() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sseHead()
                .write(Wire.START + Wire.text("A \\ud83d"))
                .pause(barrier)
                .write(Wire.text("\\ude00! \\ud83d") + Wire.STOP));
        var id = Api.startStream();
        barrier.awaitReached();
        Api.await("the third event", () -> Api.stream(id).getInt("events") == 3);
        assertThat(Api.get("/v1/streams/" + id, "accept", "application/json").body())
                .contains("\"text\":\"A \\ud83d\"");
        barrier.release();
        Api.endedStream(id);

        assertThat(Api.get("/v1/streams/" + id, "accept", "application/json").body())
                .contains("\"text\":\"A \ud83d\ude00! \\ud83d\"");
        assertThat(Api.get("/v1/streams/" + id, "accept", "text/plain").body()).isEqualTo("A \ud83d\ude00! \ufffd");
        assertThat(Api.get("/v1/streams/" + id + "?after=2", "accept", "text/plain")
                        .body())
                .as("from the position between the surrogates")
                .isEqualTo("\ud83d\ude00! \ufffd");
        assertThat(Api.events(id))
                .extracting(SseEvent::data)
                .anySatisfy(data -> assertThat(data).contains("\"text\":\"A \\ud83d\""));
    }

    @Test
    void sendsTheBodyWithStreamTrue() throws Exception {
        upstream.otherwise(request -> Wire.helloScript());

        Api.endedStream(Api.json(Api.post("/v1/streams", Api.body(true, "\"future\":{\"a\":[1.0]}"))
                        .body())
                .getString("id"));
        Api.endedStream(Api.json(Api.post("/v1/streams", Api.body(false, "\"future\":{\"a\":[1.0]}"))
                        .body())
                .getString("id"));

        assertThat(upstream.takeRequest().text()).isEqualTo(Api.body(true, "\"future\":{\"a\":[1.0]}"));
        var second = upstream.takeRequest();
        assertThat(second.path()).isEqualTo("/v1/messages");
        assertThat(second.json()).isEqualTo(Api.json(Api.body(true, "\"future\":{\"a\":[1.0]}")));
    }

    @Test
    void showsUpstreamErrorsInTheStream() throws Exception {
        upstream.answer(Script.error(404, "not_found_error", "model: claude-none"));

        var stream = Api.endedStream(Api.startStream());

        assertThat(stream.getString("status")).isEqualTo("failed");
        assertThat(stream.getJsonObject("error").getString("type")).isEqualTo("not_found_error");
        assertThat(stream.getJsonObject("error").getString("message")).isEqualTo("model: claude-none");
        var events = Api.events(stream.getString("id"));
        assertThat(events).singleElement().extracting(SseEvent::name).isEqualTo("error");
        assertThat(Api.json(events.get(0).data()).getJsonObject("error").getString("type"))
                .isEqualTo("not_found_error");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "tool_use|{\"a\":|1",
                "server_tool_use|[1|]",
                "mcp_tool_use|\"x|\"",
                "tool_use|4|2",
                "tool_use|{\"a\":1}|}",
                "tool_use|{\"a\":\"\\u00e4|\u00e4\\q\"}"
            },
            delimiter = '|')
    void showsAToolInputThatIsNotAJsonObjectWithTheMessage(String type, String first, String second) throws Exception {
        upstream.answer(Wire.toolScript(type, "", first, second));

        var stream = Api.endedStream(Api.startStream());

        var call = stream.getJsonObject("message").getJsonArray("content").getJsonObject(1);
        assertThat(call.getString("type")).isEqualTo(type);
        assertThat(call.getJsonObject("input")).isEmpty();
        assertThat(stream.getJsonObject("message").getString("stop_reason")).isEqualTo("tool_use");
        assertThat(stream.getJsonArray("unparsed_tool_inputs"))
                .containsExactly(Json.createObjectBuilder()
                        .add("index", 1)
                        .add("id", "toolu_1")
                        .add("name", "n")
                        .add("text", first + second)
                        .build());
        assertThat(Api.json(Api.delete("/v1/streams/" + stream.getString("id")).body()))
                .as("also by DELETE")
                .isEqualTo(stream);
        assertThat(Api.json(Api.get("/v1/streams?limit=1").body())
                        .getJsonArray("data")
                        .getJsonObject(0)
                        .keySet())
                .doesNotContain("message", "unparsed_tool_inputs");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{}", "{\"a\":[1]}\n"})
    void doesNotReportValidToolInputs(String input) throws Exception {
        upstream.answer(Wire.toolScript("tool_use", input));

        assertThat(Api.endedStream(Api.startStream()).keySet()).doesNotContain("unparsed_tool_inputs");
    }

    @Test
    void showsEveryStreamedMessageAsAStream() throws Exception {
        upstream.answer(Wire.helloScript());

        var id = Api.streamId(Api.message());

        assertThat(textOf(Api.stream(id))).isEqualTo("Hello");
        assertThat(Api.json(Api.get("/v1/streams").body())
                        .getJsonArray("data")
                        .getJsonObject(0)
                        .getString("id"))
                .isEqualTo(id);
    }

    @Test
    void pagesNewestFirst() throws Exception {
        upstream.otherwise(request -> Wire.helloScript());
        var ids = List.of(Api.startStream(), Api.startStream(), Api.startStream());
        for (var id : ids) {
            Api.endedStream(id);
        }

        var first = page("?limit=2");
        assertThat(idsOf(first)).containsExactly(ids.get(2), ids.get(1));
        assertThat(first.getBoolean("has_more")).isTrue();
        assertThat(first.getString("first_id")).isEqualTo(ids.get(2));
        assertThat(first.getString("last_id")).isEqualTo(ids.get(1));
        assertThat(idsOf(page("?limit=1&after_id=" + ids.get(1)))).containsExactly(ids.get(0));
        assertThat(idsOf(page("?limit=1&before_id=" + ids.get(0)))).containsExactly(ids.get(1));
        var newest = page("?before_id=" + ids.get(1));
        assertThat(idsOf(newest)).containsExactly(ids.get(2));
        assertThat(newest.getBoolean("has_more")).isFalse();
        Api.assertError(Api.get("/v1/streams?limit=0"), 400, "invalid_request_error");
        Api.assertError(Api.get("/v1/streams?limit=1001"), 400, "invalid_request_error");
        Api.assertError(Api.get("/v1/streams?after_id=stream_unknown"), 400, "invalid_request_error");
    }

    private static JsonObject page(String query) throws Exception {
        var response = Api.get("/v1/streams" + query);
        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        return Api.json(response.body());
    }

    private static List<String> idsOf(JsonObject page) {
        return page.getJsonArray("data").getValuesAs(JsonObject.class).stream()
                .map(one -> one.getString("id"))
                .toList();
    }

    @Test
    void deletingSendsEveryWatcherOneErrorAndAbortsTheUpstream() throws Exception {
        upstream.answer(Wire.begun().stall());
        var id = Api.startStream();
        try (var one = RawClient.connect().watch(id);
                var other = RawClient.connect().watch(id)) {
            one.readUntil("Hel");
            other.readUntil("Hel");

            var deleted = Api.delete("/v1/streams/" + id);

            assertThat(deleted.statusCode()).as(deleted::body).isEqualTo(200);
            assertThat(Api.json(deleted.body()).getString("status")).isEqualTo("canceled");
            assertThat(one.readUntil("\r\n0\r\n\r\n"))
                    .containsOnlyOnce("event: error")
                    .contains("id: 3")
                    .contains("\"type\":\"error\"");
            assertThat(other.readUntil("\r\n0\r\n\r\n")).containsOnlyOnce("event: error");
        }
        assertThat(upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS))
                .isNotNull();
        var again = Api.delete("/v1/streams/" + id);
        assertThat(again.statusCode()).isEqualTo(200);
        var stream = Api.stream(id);
        assertThat(stream.getString("status")).isEqualTo("canceled");
        assertThat(stream.getInt("events")).isEqualTo(4);
        assertThat(Api.events(id)).filteredOn(SseEvent::isTerminal).hasSize(1);
    }

    @Test
    void deletingEndsTheResponseOfAMessage() throws Exception {
        upstream.answer(Wire.begun().stall());
        try (var client = RawClient.connect().message()) {
            var head = client.readUntil("\r\n\r\n");
            client.readUntil("Hel");
            var id = head.replaceFirst("(?is).*stream-id: (\\S+).*", "$1");

            assertThat(Api.delete("/v1/streams/" + id).statusCode()).isEqualTo(200);

            assertThat(client.readUntil("\r\n0\r\n\r\n"))
                    .containsOnlyOnce("event: error")
                    .doesNotContain("message_stop");
        }
        assertThat(upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS))
                .isNotNull();
    }

    @Test
    void deletingAnEndedStreamChangesNothing() throws Exception {
        upstream.answer(Wire.helloScript());
        var id = Api.streamId(Api.message());
        var before = Api.stream(id);

        Api.delete("/v1/streams/" + id);

        assertThat(Api.stream(id)).isEqualTo(before);
    }

    @Test
    void continuesAfterTheClientsLastEvent() throws Exception {
        upstream.answer(Wire.helloScript());
        var id = Api.streamId(Api.message());
        var all = Api.events(id);

        assertThat(Api.events(id, "Last-Event-ID", "2")).isEqualTo(all.subList(3, all.size()));
        assertThat(Api.events(id + "?after=2")).isEqualTo(all.subList(3, all.size()));
        // A browser that reconnects repeats the URL.
        assertThat(Api.events(id + "?after=0", "Last-Event-ID", "2")).isEqualTo(all.subList(3, all.size()));
    }

    @Test
    void continuesLiveAfterAReplay() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));
        var id = Api.startStream();
        Api.await("the third event", () -> Api.stream(id).getInt("events") == 3);
        try (var client = RawClient.connect().watch(id, "Last-Event-ID: 1")) {
            assertThat(client.readUntil("Hel")).contains("id: 2").doesNotContain("id: 1", "message_start");
            barrier.release();
            assertThat(client.readUntil("\r\n0\r\n\r\n"))
                    .contains("id: 3", "\"lo\"")
                    .endsWith("\r\n0\r\n\r\n");
        }
    }

    @Test
    void waitsForEventsAfterTheLastOneOfARunningStream() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));
        var id = Api.startStream();
        Api.await("the third event", () -> Api.stream(id).getInt("events") == 3);

        var rest = Api.sendAsync(Api.watching(id, "Last-Event-ID", "2"));
        Api.await("the watcher", () -> Api.stream(id).getInt("subscribers") == 1);
        barrier.release();

        assertThat(rest.get().statusCode()).isEqualTo(200);
        assertThat(SseEvent.parse(rest.get().body()))
                .first()
                .extracting(SseEvent::id)
                .isEqualTo("3");
    }

    @Test
    void returnsJsonByDefault() throws Exception {
        upstream.answer(Wire.helloScript());
        var path = "/v1/streams/" + Api.streamId(Api.message());

        assertThat(Api.get(path).headers().firstValue("content-type").orElse(""))
                .startsWith("application/json");
        assertThat(Api.get(path, "accept", "*/*")
                        .headers()
                        .firstValue("content-type")
                        .orElse(""))
                .startsWith("application/json");
        assertThat(Api.get(path, "accept", "text/html, application/xhtml+xml, */*;q=0.8")
                        .headers()
                        .firstValue("content-type")
                        .orElse(""))
                .startsWith("application/json");
        assertThat(Api.get(path, "accept", "text/event-stream")
                        .headers()
                        .firstValue("content-type")
                        .orElse(""))
                .startsWith("text/event-stream");
        assertThat(Api.get(path, "accept", "text/plain").body()).isEqualTo("Hello");
    }

    @Test
    void flushesTheTextAsItArrives() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));
        var id = Api.startStream();
        try (var client = RawClient.connect().request("GET", "/v1/streams/" + id, "", "Accept: text/plain")) {
            client.readUntil("Hel");
            barrier.release();
            client.readUntil("lo");
            client.readUntil("0\r\n\r\n");
        }
    }

    @Test
    void disablesCachingAndBufferingInProxies() throws Exception {
        upstream.answer(Wire.helloScript());
        var message = Api.message();
        var path = "/v1/streams/" + Api.streamId(message);

        for (var response :
                List.of(message, Api.get(path, "accept", "text/event-stream"), Api.get(path, "accept", "text/plain"))) {
            assertThat(response.headers().firstValue("content-type").orElse("")).doesNotContain("qs=");
            assertThat(response.headers().allValues("cache-control")).containsExactly("no-cache");
            assertThat(response.headers().allValues("x-accel-buffering")).containsExactly("no");
        }
    }

    @Test
    void twoHundredWatchersGetEveryEventOnceInOrder() throws Exception {
        var barrier = new Barrier();
        var body = Wire.START
                + IntStream.range(0, 500).mapToObj(i -> Wire.text("t" + i)).collect(Collectors.joining())
                + Wire.STOP;
        int half = body.indexOf("event: content_block_delta", body.length() / 2);
        upstream.answer(
                Script.sseHead().write(body.substring(0, half)).pause(barrier).write(body.substring(half)));
        var id = Api.startStream();

        var watchers = IntStream.range(0, 200)
                .mapToObj(i -> Api.sendAsync(Api.watching(id)))
                .toList();
        Api.await("200 watchers", () -> Api.stream(id).getInt("subscribers") == 200);
        barrier.release();

        var expected = SseEvent.parse(body);
        for (var watcher : watchers) {
            var events = SseEvent.parse(watcher.get(30, TimeUnit.SECONDS).body());
            assertThat(events.stream().map(SseEvent::withoutId).toList()).isEqualTo(expected);
            assertThat(events.get(events.size() - 1).id()).isEqualTo("" + (expected.size() - 1));
        }
        Api.await("the departure of all watchers", () -> Api.stream(id).getInt("subscribers") == 0);
    }

    @Test
    void keepsAllEventsDuringTheRetention() throws Exception {
        upstream.otherwise(request -> Wire.helloScript());
        var first = Api.startStream();
        Api.endedStream(first);
        for (int i = 0; i < 50; i++) {
            Api.message();
        }

        assertThat(Api.events(first)).hasSize(7);
    }

    private static String textOf(JsonObject stream) {
        return stream.getJsonObject("message")
                .getJsonArray("content")
                .getJsonObject(0)
                .getString("text");
    }
}
