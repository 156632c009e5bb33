package io.github.claudejakarta.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.lane.Slow;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers without faults. */
class StreamTest {

    private static final String FAST = " sim:delay_us=0";
    private static final String TOOLS = """
            "tools":[{"name":"list_tickets","input_schema":{"type":"object","properties":{}}},
            {"type":"web_search_20250305","name":"web_search"},
            {"name":"find_departures","input_schema":{"type":"object","properties":{
              "city":{"type":"string"},"limit":{"type":"integer","minimum":3},"kind":{"enum":["bus","train"]},
              "via":{"type":"array","items":{"type":"string"}},"when":{"type":["string","null"],"format":"date"},
              "next":{"$ref":"#"}}}}]""";

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

    @Test
    void framesAreExactlyClaudes() throws Exception {
        var response = client.post(Client.body("sim:events=2 size=3", true));
        var stream = response.body().replaceAll("msg_01[1-9A-Za-z]{22}", "MSG");

        assertThat(response.headers().firstValue("content-type")).contains("text/event-stream; charset=utf-8");
        assertThat(response.headers().firstValue("cache-control")).contains("no-cache");
        assertThat(stream).isEqualTo("""
                event: message_start
                data: {"type":"message_start","message":{"model":"claude-opus-5-5","id":"MSG","type":"message","role":"assistant",\
                "content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":11,\
                "cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,\
                "ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard","inference_geo":"not_available"}}}

                event: content_block_start
                data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

                event: ping
                data: {"type": "ping"}

                event: content_block_delta
                data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"i=0;The"}}

                event: content_block_delta
                data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"i=1;he "}}

                event: content_block_stop
                data: {"type":"content_block_stop","index":0}

                event: message_delta
                data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,"stop_details":null},\
                "usage":{"input_tokens":11,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":2}}

                event: message_stop
                data: {"type":"message_stop"}

                """);
    }

    @Test
    void crlfEndsEveryLine() throws Exception {
        var stream = client.post(Client.body("sim:events=2 crlf=1", true)).body();

        assertThat(stream).contains("event: message_stop\r\ndata: {\"type\":\"message_stop\"}\r\n\r\n");
        assertThat(stream.replace("\r\n", "")).doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Hi" + FAST,
                "sim:events=40 size=30",
                "sim:events=40 utf8=1",
                "sim:events=9 split=1",
                "sim:events=9 thinking=1 tool=1",
                "sim:thinking=1",
                "sim:tool=1",
                "sim:refusal=1",
                "sim:refusal=before",
                "sim:unknown=1",
                "sim:huge=1",
                "sim:coalesce=7",
                "sim:ping_every=3",
                "sim:crlf=1",
                "sim:stop_delay_us=1000",
                "sim:events=0",
                "sim:pause_at=2 pause_us=1000",
                "sim:tool_input={\"a\":1}",
                "sim:tool_input={\"a\":",
                "sim:tool_input={\"a\":1}x",
                "sim:tool_input=[1]",
                "sim:tool_input="
            })
    void theStreamHasTheContentOfTheMessage(String prompt) throws Exception {
        assertThat(anonymous(Accumulated.of(client.events(Client.body(prompt, true)))))
                .isEqualTo(anonymous(
                        Client.json(client.post(Client.body(prompt, false)).body())));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"thinking\":{\"type\":\"adaptive\"}",
                "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024,\"display\":\"omitted\"}",
                "\"stop_sequences\":[\"simulator\"]",
                TOOLS + ",\"tool_choice\":{\"type\":\"any\"}",
                TOOLS + ",\"tool_choice\":{\"type\":\"tool\",\"name\":\"find_departures\"}"
            })
    void theStreamHasTheContentOfTheMessageWith(String members) throws Exception {
        var streamed = Client.with(members, "Hi" + FAST);
        var whole = streamed.replace("\"stream\":true", "\"stream\":false");

        assertThat(anonymous(Accumulated.of(client.events(streamed))))
                .isEqualTo(anonymous(Client.json(client.post(whole).body())));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 20, 40, 60})
    void maxTokensCutsThinkingTextAndToolInput(int maxTokens) throws Exception {
        var members = TOOLS + ",\"thinking\":{\"type\":\"adaptive\"}";
        var streamed = Client.with(members, "find_departures!" + FAST).replace("1024", Integer.toString(maxTokens));
        var whole = streamed.replace("\"stream\":true", "\"stream\":false");

        var message = Accumulated.of(client.events(streamed));

        assertThat(message.getString("stop_reason")).isEqualTo("max_tokens");
        assertThat(message.getJsonObject("usage").getInt("output_tokens")).isEqualTo(maxTokens);
        assertThat(anonymous(message))
                .isEqualTo(anonymous(Client.json(client.post(whole).body())));
    }

    @Test
    void aTextOfExactlyMaxTokensIsNotCut() throws Exception {
        var body = Client.body("Hi" + FAST, true);
        var length = Accumulated.of(client.events(body)).getJsonObject("usage").getInt("output_tokens");

        assertThat(Accumulated.of(client.events(body.replace("1024", Integer.toString(length))))
                        .getString("stop_reason"))
                .isEqualTo("end_turn");
        assertThat(Accumulated.of(client.events(body.replace("1024", Integer.toString(length - 1))))
                        .getString("stop_reason"))
                .isEqualTo("max_tokens");
    }

    @Test
    void theAnswerNamesTheSimulatorAndQuotesThePrompt() throws Exception {
        var message = Accumulated.of(client.events(Client.body("Write a haiku,\nplease." + FAST, true)));

        assertThat(text(message)).contains("simulator").contains("“Write a haiku, please.");
        assertThat(message.getString("stop_reason")).isEqualTo("end_turn");
    }

    @Test
    void longPromptsAreQuotedByTheirBeginning() throws Exception {
        var message = Accumulated.of(client.events(Client.body("😀".repeat(500) + FAST, true)));

        assertThat(text(message)).contains("“" + "😀".repeat(80) + "…”");
    }

    @Test
    void deltasHaveAFewWords() throws Exception {
        var deltas = client.events(Client.body("Hi" + FAST, true)).stream()
                .filter(event -> event.name().equals("content_block_delta"))
                .map(event -> event.json()
                        .getJsonObject("delta")
                        .getString("text")
                        .strip()
                        .split("\\s+")
                        .length)
                .toList();

        assertThat(deltas).hasSizeGreaterThan(20).allMatch(words -> words >= 1 && words <= 3);
    }

    @Test
    void aStopSequenceEndsTheText() throws Exception {
        var message = Accumulated.of(client.events(
                Client.with("\"stop_sequences\":[\"nowhere\",\"Jakarta\",\"was\",\"jakarta\"]", "Hi" + FAST)));

        assertThat(text(message)).isEqualTo("Hello! This is the simulator of claude-");
        assertThat(message.getString("stop_reason")).isEqualTo("stop_sequence");
        assertThat(message.getString("stop_sequence")).isEqualTo("jakarta");
    }

    @Test
    void thinkingIsSignedAndFirst() throws Exception {
        var events = client.events(Client.with("\"thinking\":{\"type\":\"adaptive\"}", "Hi" + FAST));
        var content = Accumulated.of(events).getJsonArray("content").getValuesAs(JsonObject.class);

        assertThat(content).extracting(block -> block.getString("type")).containsExactly("thinking", "text");
        assertThat(content.get(0).getString("signature")).isNotEmpty();
        assertThat(names(events).subList(0, 3)).containsExactly("message_start", "content_block_start", "ping");
        assertThat(Accumulated.of(events)
                        .getJsonObject("usage")
                        .getJsonObject("output_tokens_details")
                        .getInt("thinking_tokens"))
                .isPositive();
    }

    @Test
    void aDocumentWithCitationsIsCited() throws Exception {
        String document =
                "{\"type\":\"document\",\"title\":\"Hours\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\","
                        + "\"data\":\"  It opens at nine. It closes at five.\"},\"citations\":{\"enabled\":%s}}";
        var content = Accumulated.of(
                        client.events(requestWith(document.formatted("false"), document.formatted("true"))))
                .getJsonArray("content")
                .getValuesAs(JsonObject.class);

        assertThat(content.get(0).getString("text")).endsWith("The document says:");
        assertThat(content.get(1).getString("text")).isEqualTo(" It opens at nine.");
        assertThat(content.get(1).getJsonArray("citations").getValuesAs(JsonObject.class))
                .singleElement()
                .hasToString(
                        "{\"type\":\"char_location\",\"cited_text\":\"It opens at nine.\",\"document_index\":1,\"document_title\":\"Hours\","
                                + "\"start_char_index\":2,\"end_char_index\":19,\"file_id\":null}");
        assertThat(content).hasSize(2);
    }

    private static String requestWith(String... documents) {
        return "{\"model\":\"claude-sim-fast\",\"max_tokens\":1024,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":["
                + String.join(",", documents) + ",{\"type\":\"text\",\"text\":\"When?\"}]}]}";
    }

    @Test
    void disabledThinkingIsNotShown() throws Exception {
        assertThat(blockTypes(Client.with("\"thinking\":{\"type\":\"disabled\"}", "Hi" + FAST)))
                .containsExactly("text");
    }

    @Test
    void hiddenThinkingIsOneEmptyDeltaAndASignature() throws Exception {
        var events =
                client.events(Client.with("\"thinking\":{\"type\":\"adaptive\",\"display\":\"omitted\"}", "Hi" + FAST));

        assertThat(events)
                .extracting(Client.Event::data)
                .contains(
                        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"\"}}");
    }

    @Test
    void aMentionedToolIsCalledWithPlausibleInputInPieces() throws Exception {
        var events = client.events(Client.with(TOOLS, "Please find_departures" + FAST));
        var message = Accumulated.of(events);
        var call = message.getJsonArray("content").getJsonObject(1);
        var pieces = events.stream()
                .filter(event -> event.data().contains("partial_json"))
                .map(event -> event.json().getJsonObject("delta").getString("partial_json"))
                .toList();

        assertThat(message.getString("stop_reason")).isEqualTo("tool_use");
        assertThat(call.getString("name")).isEqualTo("find_departures");
        assertThat(call.getString("id")).matches("toolu_01[1-9A-Za-z]{22}");
        assertThat(call.getJsonObject("caller")).isEqualTo(Client.json("{\"type\":\"direct\"}"));
        assertThat(call.getJsonObject("input").getString("city")).isEqualTo("Paris");
        assertThat(call.getJsonObject("input").getInt("limit")).isEqualTo(3);
        assertThat(call.getJsonObject("input").getString("kind")).isEqualTo("bus");
        assertThat(call.getJsonObject("input").getJsonArray("via")).hasSize(1);
        assertThat(call.getJsonObject("input").getString("when")).isEqualTo("2026-11-21");
        assertThat(pieces).hasSizeGreaterThan(3).first().isEqualTo("");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"city\":\"Par", "{\"a\":1}", "{}x", "[1]", "\"x\"", "42", "{\"a\":\"\\q\"}", ""})
    void aDirectiveSetsTheInputOfATool(String text) throws Exception {
        var events = client.events(Client.body("sim:events=2 tool_input=" + text, true));

        assertThat(events.stream()
                        .filter(event -> event.data().contains("partial_json"))
                        .map(event -> event.json().getJsonObject("delta").getString("partial_json"))
                        .reduce("", String::concat))
                .isEqualTo(text);
        assertThat(Accumulated.of(events).getString("stop_reason")).isEqualTo("tool_use");
    }

    @Test
    void aToolWithoutArgumentsSendsOneEmptyDelta() throws Exception {
        var events = client.events(Client.with(TOOLS, "Use a tool" + FAST));

        assertThat(events.stream().filter(event -> event.data().contains("partial_json")))
                .hasSize(1);
        assertThat(Accumulated.of(events)
                        .getJsonArray("content")
                        .getJsonObject(1)
                        .getJsonObject("input"))
                .isEmpty();
    }

    @Test
    void toolChoiceDecides() throws Exception {
        assertThat(blockTypes(Client.with(TOOLS, "Hi" + FAST))).containsExactly("text");
        assertThat(blockTypes(Client.with(TOOLS + ",\"tool_choice\":{\"type\":\"none\"}", "a tool" + FAST)))
                .containsExactly("text");
        assertThat(blockTypes(Client.with(TOOLS + ",\"tool_choice\":{\"type\":\"any\"}", "Hi" + FAST)))
                .containsExactly("tool_use");
        assertThat(client.post(Client.with(TOOLS + ",\"tool_choice\":{\"type\":\"tool\",\"name\":\"x\"}", "Hi"))
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void aToolsResultIsAnsweredWithText() throws Exception {
        var result = Json.createArrayBuilder()
                .add(Json.createObjectBuilder()
                        .add("type", "tool_result")
                        .add("tool_use_id", "t")
                        .add("content", "rainy"))
                .add(Json.createObjectBuilder().add("type", "text").add("text", "sim:delay_us=0"));
        var body = Client.with(TOOLS + ",\"tool_choice\":{\"type\":\"any\"}", "PROMPT")
                .replace("\"PROMPT\"", result.build().toString());
        var message = Accumulated.of(client.events(body));

        assertThat(message.getJsonArray("content")).hasSize(1);
        assertThat(text(message)).contains("“rainy”");
        assertThat(message.getString("stop_reason")).isEqualTo("end_turn");
    }

    @Test
    void aRecursiveSchemaHasAFiniteInput() throws Exception {
        var many = IntStream.range(0, 50)
                .mapToObj(i -> "\"p" + i + "\":{\"$ref\":\"#\"}")
                .toList();
        var tool = "\"tools\":[{\"name\":\"deep\",\"input_schema\":{\"type\":\"object\",\"properties\":{"
                + String.join(",", many) + "}}}]";

        assertThat(client.post(Client.with(tool, "deep" + FAST)).statusCode()).isEqualTo(200);
    }

    @Test
    void directivesOfAnAnsweredTurnHaveNoEffect() throws Exception {
        var turns =
                "[{\"role\":\"user\",\"content\":\"sim:status=500\"},{\"role\":\"assistant\",\"content\":\"I was\"}]";
        var body = Client.body("claude-sim-fast", "X", false).replaceFirst("\\[.*]", turns);

        assertThat(client.post(body).statusCode()).isEqualTo(200);
    }

    @Test
    void stampsAreTheirEmissionTimes() throws Exception {
        var stamped =
                client.events(Client.body("sim:events=1 size=2 stamp=1", true)).get(3);

        assertThat(stamped.json().getJsonObject("delta").getString("text")).matches("i=0;t=\\d{19};Th");
    }

    @Test
    void aPromptWithoutDirectivesHasClaudesPace() {
        var pace = Pace.of(Directives.parse("Hello"));

        assertThat(pace.first()).hasMillis(300);
        assertThat(pace.delta()).hasMillis(25);
        assertThat(Pace.of(Directives.parse("sim:events=3")))
                .isEqualTo(new Pace(Duration.ZERO, Duration.ZERO, Duration.ZERO));
        assertThat(Pace.of(Directives.parse("sim:delay_us=1500")).delta()).hasNanos(1_500_000);
    }

    @Slow("many requests")
    @Test
    void concurrentStreamsDoNotMix() throws Exception {
        var pool = Executors.newFixedThreadPool(50);
        try {
            var tasks = new ArrayList<Callable<String>>();
            for (var number = 0; number < 200; number++) {
                var model = "claude-number-" + number;
                tasks.add(() -> {
                    var message = Accumulated.of(client.events(Client.body(model, "sim:events=50 delay_us=200", true)));
                    return message.getString("model")
                            + message.getString("stop_reason")
                            + message.getJsonObject("usage").getInt("output_tokens");
                });
            }
            var results = pool.invokeAll(tasks);
            for (var number = 0; number < 200; number++) {
                assertThat(results.get(number).get()).isEqualTo("claude-number-" + number + "end_turn50");
            }
        } finally {
            pool.shutdownNow();
        }
    }

    private List<String> blockTypes(String body) throws Exception {
        return Accumulated.of(client.events(body)).getJsonArray("content").getValuesAs(JsonObject.class).stream()
                .map(block -> block.getString("type"))
                .toList();
    }

    private static List<String> names(List<Client.Event> events) {
        return events.stream().map(Client.Event::name).toList();
    }

    private static String text(JsonObject message) {
        return message.getJsonArray("content").getJsonObject(0).getString("text");
    }

    private static JsonObject anonymous(JsonObject message) {
        return Client.json(message.toString().replaceAll("(msg|toolu)_01[1-9A-Za-z]{22}", "$1"));
    }
}
