package io.github.claudejakarta.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.lane.Slow;
import jakarta.json.JsonException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults of messages, as a client sees them. */
class FaultTest {

    private Simulator simulator;
    private Client client;

    @BeforeEach
    void start() throws Exception {
        simulator = Simulator.start(Thread::new);
        client = Client.of(simulator);
    }

    @AfterEach
    void close() {
        simulator.close();
    }

    @ParameterizedTest
    @CsvSource({
        "400,invalid_request_error",
        "401,authentication_error",
        "402,billing_error",
        "403,permission_error",
        "404,not_found_error",
        "409,conflict_error",
        "413,request_too_large",
        "429,rate_limit_error",
        "500,api_error",
        "504,timeout_error",
        "529,overloaded_error",
        "418,invalid_request_error",
        "503,api_error"
    })
    void aStatusHasItsErrorType(int status, String type) throws Exception {
        for (var isStreamed : List.of(true, false)) {
            var response = client.post(Client.body("sim:status=" + status, isStreamed));
            var body = Client.json(response.body());

            assertThat(response.statusCode()).isEqualTo(status);
            assertThat(body.getJsonObject("error").getString("type")).isEqualTo(type);
            assertThat(response.headers().firstValue("request-id")).contains(body.getString("request_id"));
        }
    }

    @Test
    void retryHeadersAreSent() throws Exception {
        var headers = client.post(
                        Client.body("sim:status=529 retry_after=3 retry_after_ms=250 should_retry=false", true))
                .headers();

        assertThat(headers.firstValue("retry-after")).contains("3");
        assertThat(headers.firstValue("retry-after-ms")).contains("250");
        assertThat(headers.firstValue("x-should-retry")).contains("false");
    }

    @Test
    void theSpendLimitIs429WithoutRetryAfter() throws Exception {
        var response = client.post(Client.body("sim:enforced_spend_limit=1 status=429 retry_after=1", true));
        var error = Client.json(response.body()).getJsonObject("error");

        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(error.getString("type")).isEqualTo("rate_limit_error");
        assertThat(error.getJsonObject("details").getString("error_code")).isEqualTo("enforced_spend_limit_reached");
        assertThat(response.headers().firstValue("retry-after")).isEmpty();
    }

    @Test
    void timesLimitsTheFailuresOfAKey() throws Exception {
        assertThat(status("sim:status=529 times=2 key=a")).isEqualTo(529);
        assertThat(status("sim:status=529 times=2 key=a")).isEqualTo(529);
        assertThat(status("sim:status=529 times=2 key=b")).isEqualTo(529);
        assertThat(status("sim:status=529 times=2 key=a")).isEqualTo(200);
        assertThat(status("sim:status=529 times=2 key=b")).isEqualTo(529);
    }

    @Test
    void timesLimitsFaultsOfAStream() throws Exception {
        var prompt = "sim:events=3 error_at=1 times=1 key=stream";

        assertThat(names(prompt)).endsWith("error");
        assertThat(names(prompt)).endsWith("message_stop").contains("content_block_delta");
    }

    private int status(String prompt) throws Exception {
        return client.post(Client.body(prompt, true)).statusCode();
    }

    private List<String> names(String prompt) throws Exception {
        return client.events(Client.body(prompt, true)).stream()
                .map(Client.Event::name)
                .toList();
    }

    @Test
    void anErrorCanBeTheFirstEvent() throws Exception {
        var response = client.post(Client.body("sim:error_first=api_error", true));
        var events = Client.parse(response.body());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(events).singleElement().matches(event -> event.name().equals("error"));
        assertThat(events.get(0).json().getJsonObject("error").getString("type"))
                .isEqualTo("api_error");
        assertThat(events.get(0).json().getString("request_id"))
                .isEqualTo(response.headers().firstValue("request-id").orElseThrow());
    }

    @Test
    void anErrorCanArriveBetweenDeltas() throws Exception {
        assertThat(names("sim:events=9 error_at=2"))
                .containsExactly(
                        "message_start",
                        "content_block_start",
                        "ping",
                        "content_block_delta",
                        "content_block_delta",
                        "error");
        assertThat(client.events(Client.body("sim:events=9 error_at=2 error_type=rate_limit_error", true))
                        .get(5)
                        .data())
                .contains("\"type\":\"rate_limit_error\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"reset", "fin"})
    void aCutEndsTheBodyEarly(String mode) throws Exception {
        var isBroken = new boolean[1];
        var stream = client.openAndReadAll(Client.body("sim:events=9 cut_at=3 cut_mode=" + mode, true), isBroken);

        assertThat(isBroken[0]).isTrue();
        // The JDK's client decides how many bytes it returns before it reports the break. The tests below count them.
        assertThat(deltas(stream)).isLessThanOrEqualTo(3);
        assertThat(simulator.await(counts -> counts.endedMessages() == 1 && counts.openMessages() == 0, Client.LIMIT))
                .isTrue();
    }

    @Test
    void aCutByResetIsAReset() throws Exception {
        try (var socket = Client.rawPost(simulator, Client.body("sim:events=9 cut_at=3", true))) {
            assertThat(simulator.await(counts -> counts.endedMessages() == 1, Client.LIMIT))
                    .isTrue();
            assertThat(Client.readUntil(socket.getInputStream(), "i=2;")).contains("i=0;");
            assertThatThrownBy(() -> socket.getInputStream().readAllBytes())
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
        }
    }

    @Test
    void aCutByFinIsAnEndWithoutTheLastChunk() throws Exception {
        try (var socket = Client.rawPost(simulator, Client.body("sim:events=9 cut_at=3 cut_mode=fin", true))) {
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("i=2;")
                    .doesNotContain("i=3;")
                    .doesNotContain("\r\n0\r\n");
        }
    }

    @Test
    void aTruncatedBodyEndsProperly() throws Exception {
        var isBroken = new boolean[1];
        var stream = Client.readAll(
                client.open(Client.body("sim:events=9 truncate_at=3", true)).body(), isBroken);

        assertThat(isBroken[0]).isFalse();
        assertThat(deltas(stream)).isEqualTo(3);
        assertThat(stream).doesNotContain("message_stop");
    }

    @Test
    void faultsCanHappenInThinkingAndInATool() throws Exception {
        assertThat(names("sim:thinking=1 error_at=2 in=thinking"))
                .endsWith("content_block_delta", "error")
                .hasSize(6);
        var tool = client.post(Client.body("sim:events=1 tool=1 truncate_at=2 in=tool", true))
                .body();
        assertThat(tool).endsWith("\"partial_json\":\"{\\\"city\\\":\\\"Par\"}}\n\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"sim:events=9 stall_at=2", "sim:events=9 pause_at=2 pause_us=600000000", "sim:no_headers=1"})
    void aStallLastsUntilTheClientCloses(String prompt) throws Exception {
        var socket = Client.rawPost(simulator, Client.body(prompt, true));
        if (!prompt.contains("no_headers")) {
            assertThat(Client.readUntil(socket.getInputStream(), "i=1;")).contains("i=0;");
        }
        assertThat(simulator.await(counts -> counts.openMessages() == 1, Client.LIMIT))
                .isTrue();
        socket.close();

        assertThat(simulator.await(counts -> counts.openMessages() == 0, Client.LIMIT))
                .isTrue();
        assertThat(simulator.counts()).isEqualTo(new Simulator.Counts(1, 0, 0, 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "events=1000000",
                "events=1000000 delay_us=2000",
                "events=2 first_us=600000000",
                "events=2 delay_us=600000000",
                "events=1 stop_delay_us=600000000"
            })
    void aClientThatClosesEndsItsStream(String directives) throws Exception {
        var socket = Client.rawPost(simulator, Client.body("sim:" + directives, true));
        if (!directives.contains("first_us")) {
            Client.readUntil(socket.getInputStream(), "ping");
        }
        assertThat(simulator.await(counts -> counts.openMessages() == 1, Client.LIMIT))
                .isTrue();
        socket.close();

        assertThat(simulator.await(counts -> counts.abortedMessages() == 1, Client.LIMIT))
                .isTrue();
    }

    @Test
    void garbageIsNotJson() throws Exception {
        var event = client.events(Client.body("sim:events=4 garbage=1", true)).get(5);

        assertThat(event.name()).isEqualTo("content_block_delta");
        assertThatThrownBy(event::json).isInstanceOf(JsonException.class);
        assertThat(names("sim:events=4 garbage=1")).endsWith("message_stop");
        assertThatThrownBy(() -> Client.json(
                        client.post(Client.body("sim:garbage=1", false)).body()))
                .isInstanceOf(JsonException.class);
    }

    @Slow("large bodies")
    @Test
    void hugeIsOneDeltaOfEightMebibytes() throws Exception {
        var event = client.events(Client.body("sim:events=4 huge=1", true)).get(5);

        assertThat(event.json().getJsonObject("delta").getString("text")).hasSize(8 << 20);
        assertThat(names("sim:events=4 huge=1")).hasSize(4 + 1 + 6);
    }

    @Test
    void unknownSendsAnUnknownEventAndDelta() throws Exception {
        var events = client.events(Client.body("sim:events=4 unknown=1", true));

        assertThat(events.get(5).name()).isEqualTo("future_event");
        assertThat(events.get(6).data()).contains("future_delta");
        assertThat(events.get(7).data()).contains("i=2;");
    }

    @Test
    void pingsPrecedeEveryNthDelta() throws Exception {
        assertThat(names("sim:events=5 ping_every=2"))
                .containsExactly(
                        "message_start",
                        "content_block_start",
                        "ping",
                        "content_block_delta",
                        "ping",
                        "content_block_delta",
                        "content_block_delta",
                        "ping",
                        "content_block_delta",
                        "content_block_delta",
                        "content_block_stop",
                        "message_delta",
                        "message_stop");
    }

    @Test
    void aPauseDelaysDeltasAndLosesNoDelta() throws Exception {
        assertThat(text("sim:events=5 pause_at=2 pause_us=2000"))
                .isEqualTo(text("sim:events=5"))
                .contains("i=4;");
    }

    @Test
    void splitCutsBetweenTheBytesOfACharacter() throws Exception {
        assertThat(text("sim:events=20 split=1"))
                .isEqualTo(text("sim:events=20 utf8=1"))
                .contains("漢", "😀");
        var chunks = chunks("sim:events=20 split=1");
        assertThat(chunks).hasSizeGreaterThan(100).allMatch(size -> size <= 5);
    }

    @Test
    void eachEventIsAWriteUnlessCoalesced() throws Exception {
        assertThat(chunks("sim:events=10")).hasSize(10 + 6);
        assertThat(chunks("sim:events=10 coalesce=5")).hasSize(3);
    }

    @Test
    void anHtmlPageCanHaveAnyStatus() throws Exception {
        var response = client.post(Client.body("sim:content_type=text/html", true));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("text/html");
        assertThat(response.body()).startsWith("<!DOCTYPE html>");
        assertThat(status("sim:content_type=text/html status=413")).isEqualTo(413);
    }

    @Test
    void refusalsHaveTheirDetails() throws Exception {
        var message = Accumulated.of(client.events(Client.body("sim:refusal=1", true)));
        var before = Accumulated.of(client.events(Client.body("sim:refusal=before", true)));

        assertThat(message.getString("stop_reason")).isEqualTo("refusal");
        assertThat(message.getJsonObject("stop_details").getString("category")).isEqualTo("cyber");
        assertThat(message.getJsonArray("content")).hasSize(1);
        assertThat(before.getJsonArray("content")).isEmpty();
    }

    @Test
    void anUnstreamedAnswerFailsDifferently() throws Exception {
        assertThat(client.post(Client.body("sim:error_first=overloaded_error", false))
                        .statusCode())
                .isEqualTo(529);
        assertThat(client.post(Client.body("sim:error_at=2 error_type=timeout_error", false))
                        .statusCode())
                .isEqualTo(504);
        assertThat(client.post(Client.body("sim:truncate_at=2", false)).body())
                .startsWith("{\"model\"")
                .doesNotEndWith("}");
        assertThatThrownBy(() -> client.post(Client.body("sim:cut_at=2", false)))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> client.post(Client.body("sim:cut_at=2 cut_mode=fin", false)))
                .isInstanceOf(IOException.class);
        assertThat(client.post(Client.body("sim:events=1000000 size=1000000", false))
                        .statusCode())
                .isEqualTo(400);
        try (var socket = Client.rawPost(simulator, Client.body("sim:stall_at=2", false))) {
            assertThat(Client.readUntil(socket.getInputStream(), "{\"model\"")).contains("200 OK");
        }
        assertThat(simulator.await(counts -> counts.abortedMessages() == 1, Client.LIMIT))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evnts=3",
                "events=x",
                "events=-1",
                "events=99999999",
                "cut_at=1 cut_mode=maybe",
                "in=tools",
                "status=200",
                "first_us=9999999999999",
                "status=429 retry_after=ä"
            })
    void aMisspelledDirectiveIsRejected(String directives) throws Exception {
        var response = client.post(Client.body("sim:" + directives, true));

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(Client.json(response.body()).getJsonObject("error").getString("message"))
                .startsWith("sim: ");
    }

    @Test
    void everyGroupOfDirectivesCounts() {
        assertThat(Directives.parse("Say sim:events=3 size=4 and sim: stamp=1\nutf8=1 then sim: status")
                        .values())
                .containsOnlyKeys("events", "size", "stamp", "utf8");
        assertThat(Directives.parse("nothing=1 here").isScripted()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void eachScriptedModelBehavesLikeItsName(ScriptedModel model) throws Exception {
        // A reset may overtake bytes that were just sent: this model keeps its delays.
        var prompt = model == ScriptedModel.SLOW || model == ScriptedModel.CUT ? "Hi" : "sim:pause_us=0 times=0";
        var body = Client.body(model.id(), prompt, true);
        if (model == ScriptedModel.SLOW || model == ScriptedModel.STALL || model == ScriptedModel.NO_HEADERS) {
            try (var socket = Client.rawPost(simulator, body)) {
                assertThat(simulator.await(counts -> counts.openMessages() == 1, Client.LIMIT))
                        .isTrue();
                if (model == ScriptedModel.STALL) {
                    assertThat(deltas(Client.readUntil(socket.getInputStream(), "simulator of")))
                            .isPositive();
                }
            }
            assertThat(simulator.await(counts -> counts.abortedMessages() == 1, Client.LIMIT))
                    .isTrue();
            return;
        }
        var response = client.open(body);
        var isBroken = new boolean[1];
        var text = Client.readAll(response.body(), isBroken);

        assertThat(isBroken[0]).isEqualTo(model == ScriptedModel.CUT);
        assertThat(response.statusCode())
                .isEqualTo(
                        switch (model) {
                            case OVERLOADED -> 529;
                            case RATE_LIMITED, SPEND_LIMIT -> 429;
                            case SERVER_ERROR -> 500;
                            case BAD_REQUEST -> 400;
                            default -> 200;
                        });
        assertThat(text)
                .contains(
                        switch (model) {
                            case OVERLOADED, ERROR_FIRST, ERROR_MIDSTREAM -> "\"overloaded_error\"";
                            case RATE_LIMITED -> "\"rate_limit_error\"";
                            case SPEND_LIMIT -> "enforced_spend_limit_reached";
                            case SERVER_ERROR -> "\"api_error\"";
                            case BAD_REQUEST -> "\"invalid_request_error\"";
                            case HTML -> "<html>";
                            case CUT -> "";
                            case TRUNCATED -> "Hello!";
                            case GARBAGE -> "{\"type\":\"text_del\n";
                            case UNKNOWN -> "future_event";
                            case SPLIT -> "漢";
                            case LONG -> "i=1999;";
                            case HUGE -> "8 MiB...8 MiB...";
                            case THINKING -> "signature_delta";
                            case TOOL -> "get_weather";
                            case REFUSAL -> "\"refusal\"";
                            case PAUSE, FAST -> "Hello!";
                            case SLOW, STALL, NO_HEADERS -> throw new AssertionError();
                        });
        assertThat(text.contains("message_stop"))
                .isEqualTo(
                        switch (model) {
                            case PAUSE, GARBAGE, UNKNOWN, SPLIT, LONG, HUGE, THINKING, TOOL, REFUSAL, FAST -> true;
                            default -> false;
                        });
    }

    @Test
    void scriptedModelsAreListedAndOtherNamesWithTheirPrefixAreUnknown() throws Exception {
        assertThat(client.get("/v1/models/claude-sim-cut").statusCode()).isEqualTo(200);
        assertThat(client.post(Client.body("claude-sim-cutt", "Hi", true)).statusCode())
                .isEqualTo(404);
        assertThat(ScriptedModel.SLOW.directives().time("delay_us", Duration.ZERO))
                .hasMillis(250);
    }

    private String text(String prompt) throws Exception {
        var message = Accumulated.of(client.events(Client.body(prompt, true)));
        return message.getJsonArray("content").getJsonObject(0).getString("text");
    }

    private List<Integer> chunks(String prompt) throws Exception {
        try (var socket = Client.rawPost(simulator, Client.body(prompt, true))) {
            Client.readUntil(socket.getInputStream(), "\r\n\r\n");
            var sizes = new ArrayList<Integer>();
            while (true) {
                var size = Integer.parseInt(
                        Client.readUntil(socket.getInputStream(), "\r\n").trim(), 16);
                socket.getInputStream().readNBytes(size + 2);
                if (size == 0) {
                    return sizes;
                }
                sizes.add(size);
            }
        }
    }

    private static int deltas(String stream) {
        return stream.split("event: content_block_delta", -1).length - 1;
    }
}
