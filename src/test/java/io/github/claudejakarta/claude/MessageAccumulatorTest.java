package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.MessageAccumulator.Outcome;
import io.github.claudejakarta.lane.Slow;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageAccumulatorTest {

    private static final String START = """
            {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],
            "stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":1,"service_tier":"standard"}}}""";
    private static final String TEXT_START = """
            {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""";
    private static final String TOOL_START = """
            {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}""";
    private static final String STOP = """
            {"type":"content_block_stop","index":0}""";
    private static final String END = """
            {"type":"message_stop"}""";

    private final MessageAccumulator accumulator = new MessageAccumulator();

    @Test
    void hasNoMessageBeforeTheStart() {
        assertThat(accumulator.message()).isEmpty();
        assertThat(accumulator.outcome()).isEqualTo(Outcome.UNFINISHED);
    }

    @Test
    void showsTheTextSoFar() {
        accumulate(START, TEXT_START, text("Hel"));
        assertThat(message().text()).isEqualTo("Hel");

        accumulate(text("lo"));
        assertThat(message().text()).isEqualTo("Hello");
    }

    @Test
    void keepsTheTextOfTheStart() {
        accumulate(START, """
                {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"He"}}""", text("llo"));

        assertThat(message().text()).isEqualTo("Hello");
    }

    @Test
    void addsCitationsToThoseOfTheStart() {
        accumulate(START, """
                {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"",
                "citations":[{"type":"page_location","cited_text":"a"}]}}""", delta("""
                        {"type":"citations_delta","citation":{"type":"char_location","cited_text":"b"}}"""));

        var block = (ContentBlock.Text) message().content().get(0);
        assertThat(block.citations()).extracting(Citation::citedText).containsExactly("a", "b");
    }

    @Test
    void citationsMayStartAsNull() {
        accumulate(START, """
                {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"","citations":null}}""", delta("""
                        {"type":"citations_delta","citation":{"type":"char_location","cited_text":"b"}}"""));

        var block = (ContentBlock.Text) message().content().get(0);
        assertThat(block.citations()).extracting(Citation::citedText).containsExactly("b");
    }

    @Test
    void aSignatureReplacesAnEarlierOne() {
        accumulate(START, """
                {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":"x"}}""", delta("""
                        {"type":"signature_delta","signature":"one"}"""), delta("""
                        {"type":"signature_delta","signature":"two"}"""));

        assertThat(((ContentBlock.Thinking) message().content().get(0)).signature())
                .isEqualTo("two");
    }

    @Test
    void anEmptyThinkingBlockIsKept() {
        accumulate(START, """
                {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""", delta("""
                        {"type":"thinking_delta","thinking":""}"""), delta("""
                        {"type":"signature_delta","signature":"s"}"""), STOP);

        assertThat(message().content()).containsExactly(ContentBlock.of(json("""
                {"type":"thinking","thinking":"","signature":"s"}""")));
    }

    @Test
    void aCompactionIsReplaced() {
        accumulate(START, """
                {"type":"content_block_start","index":0,"content_block":
                {"type":"compaction","content":"old","encrypted_content":"old"}}""", delta("""
                        {"type":"compaction_delta","content":null,"encrypted_content":"new"}"""));

        assertThat(message().content()).containsExactly(ContentBlock.of(json("""
                {"type":"compaction","content":null,"encrypted_content":"new"}""")));
    }

    @Test
    void usageIsReplacedAndNotAdded() {
        accumulate(START, messageDelta("{}", """
                {"input_tokens":25,"output_tokens":7}"""), messageDelta("{}", """
                {"output_tokens":12}"""));

        assertThat(message().usage()).isEqualTo(new Usage(json("""
                {"input_tokens":25,"output_tokens":12,"service_tier":"standard"}""")));
    }

    @Test
    void nullUsageReplacesNothing() {
        accumulate(START, messageDelta("{}", """
                {"input_tokens":null,"output_tokens":7}"""));

        assertThat(message().usage().inputTokens()).isEqualTo(10);
    }

    @Test
    void theLastMessageDeltaCounts() {
        accumulate(START, messageDelta("""
                {"stop_reason":"tool_use","stop_sequence":"x"}""", "{}"), messageDelta("""
                {"stop_reason":"end_turn"}""", "{}"));

        assertThat(message().stopReason()).contains(StopReason.END_TURN);
        assertThat(message().stopSequence()).contains("x");
    }

    @Test
    void nullRemovesAStopReason() {
        accumulate(START, messageDelta("""
                {"stop_reason":"end_turn"}""", "{}"), messageDelta("""
                {"stop_reason":null}""", "{}"));

        assertThat(message().stopReason()).isEmpty();
    }

    @Test
    void nullDoesNotRemoveAContainer() {
        accumulate(START, messageDelta("""
                {"container":{"id":"c"}}""", "{}"), messageDelta("""
                {"container":null}""", "{}"));

        assertThat(message().container()).contains(json("""
                {"id":"c"}"""));
    }

    @Test
    void newFieldsOfAMessageDeltaAreKept() {
        accumulate(START, """
                {"type":"message_delta","delta":{"mood":"fine"},"weather":{"sky":"blue"}}""");

        assertThat(message().json()).containsEntry("mood", JsonText.string("fine"));
        assertThat(message().json().getJsonObject("weather").getString("sky")).isEqualTo("blue");
    }

    @Test
    void aMessageDeltaCannotReplaceTheContent() {
        accumulate(START, TEXT_START, text("Hello"), STOP, """
                {"type":"message_delta","delta":{"content":[],"id":"other","type":"x"}}""");

        assertThat(message().text()).isEqualTo("Hello");
        assertThat(message().id()).isEqualTo("msg_1");
        assertThat(message().json().getString("type")).isEqualTo("message");
    }

    @Test
    void toolInputIsParsedWhenTheBlockStops() {
        accumulate(START, TOOL_START, input("{\"a\""), input(":1}"));
        assertThat(message().toolUses().get(0).input()).isEmpty();
        assertThat(accumulator.unparsedToolInput()).isEqualTo(Map.of(0, "{\"a\":1}"));

        accumulate(STOP);
        assertThat(message().toolUses().get(0).input()).isEqualTo(json("{\"a\":1}"));
        assertThat(accumulator.unparsedToolInput()).isEmpty();
    }

    @Test
    void escapesMaySpanDeltas() {
        accumulate(START, TOOL_START, input("{\"a\":\"\\ud83"), input("d\\ude00\"}"), STOP);

        assertThat(message().toolUses().get(0).input().getString("a")).isEqualTo("\uD83D\uDE00");
    }

    @Test
    void blankToolInputKeepsTheInputOfTheStart() {
        accumulate(START, TOOL_START, input(""), input(" "), STOP);

        assertThat(message().toolUses().get(0).json()).isEqualTo(json("""
                {"type":"tool_use","id":"t","name":"n","input":{}}"""));
        assertThat(accumulator.unparsedToolInput()).isEmpty();
        assertThat(message().unparsedToolInputs()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":",
                "{\"a\":1} x",
                "[1]",
                "3",
                "\"x\"",
                "true",
                "null",
                "{\"a\":1}{\"a\":1}",
                "{'a':1}",
                "{\"a\":\"\\q\"}",
                " {\"a\":\"\\u00e4\u00e4 "
            })
    void toolInputThatIsNotAnObjectIsUnparsed(String raw) {
        accumulate(START, TOOL_START, input(raw.substring(0, 1)), input(raw.substring(1)), STOP, END);

        assertThat(message().toolUses().get(0).input()).isEmpty();
        assertThat(accumulator.unparsedToolInput()).isEqualTo(Map.of(0, raw));
        assertThat(message().unparsedToolInputs()).containsExactly(new UnparsedToolInput(0, "t", "n", raw));
        assertThat(message().unparsedInput(message().toolUses().get(0))).contains(raw);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tool_use", "server_tool_use", "mcp_tool_use", "hologram_tool_use"})
    void everyKindOfToolWithInvalidInputIsListed(String type) {
        accumulate(START, TOOL_START.replace("tool_use", type), input("{"), STOP, END);

        assertThat(message().content().get(0).json().getJsonObject("input")).isEmpty();
        assertThat(message().unparsedToolInputs()).containsExactly(new UnparsedToolInput(0, "t", "n", "{"));
    }

    @Test
    void onlyCallsWithInvalidInputAreListed() {
        var second = TOOL_START.replace("\"index\":0", "\"index\":1").replace("\"t\"", "\"u\"");
        accumulate(
                START,
                TOOL_START,
                input("{\"a\":1}"),
                STOP,
                second,
                input("[1]").replace("\"index\":0", "\"index\":1"),
                STOP.replace("0", "1"),
                END);

        assertThat(message().unparsedToolInputs()).containsExactly(new UnparsedToolInput(1, "u", "n", "[1]"));
        assertThat(message().unparsedInput(message().toolUses().get(0))).isEmpty();
        assertThat(message().unparsedInput(message().toolUses().get(1))).contains("[1]");
    }

    @Test
    void anOpenBlockIsListedOnceTheMessageHasEnded() {
        accumulate(START, TOOL_START, input("{\"a\":"));
        assertThat(message().unparsedToolInputs()).isEmpty();

        accumulate(END);
        assertThat(message().unparsedToolInputs()).containsExactly(new UnparsedToolInput(0, "t", "n", "{\"a\":"));
    }

    @Test
    void aBlockThatHasStoppedIsListedBeforeTheMessageHasEnded() {
        accumulate(START, TOOL_START, input("{\"a\":"), STOP);

        assertThat(message().unparsedToolInputs()).hasSize(1);
    }

    /** The deltas of both blocks form one text. */
    @Test
    void aSecondBlockOfTheSameIndexMakesTheInputInvalid() {
        accumulate(
                START,
                TOOL_START,
                input("{\"a\":1}"),
                TOOL_START.replace("\"t\"", "\"u\""),
                input("{\"a\":2}"),
                STOP,
                STOP,
                END);

        assertThat(message().unparsedToolInputs())
                .containsExactly(new UnparsedToolInput(0, "t", "n", "{\"a\":1}{\"a\":2}"));
    }

    @Test
    void tooDeeplyNestedToolInputIsUnparsed() {
        var raw = "{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
        accumulate(START, TOOL_START, input(raw), STOP);

        assertThat(accumulator.unparsedToolInput()).isEqualTo(Map.of(0, raw));
    }

    @Test
    void serverAndMcpToolsHaveInputToo() {
        for (var type : List.of("server_tool_use", "mcp_tool_use")) {
            var one = new MessageAccumulator();
            for (var data : List.of(START, TOOL_START.replace("tool_use", type), input("{\"a\":1}"), STOP)) {
                one.accumulate(StreamEvent.of("", data));
            }
            assertThat(((ContentBlock.ToolCall)
                                    one.message().orElseThrow().content().get(0))
                            .input())
                    .isEqualTo(json("{\"a\":1}"));
        }
    }

    @Test
    void anUnknownBlockWithAnInputCountsAsATool() {
        accumulate(START, TOOL_START.replace("tool_use", "hologram_tool_use"), input("{\"a\":1}"), STOP);

        assertThat(message().content().get(0).json().getJsonObject("input")).isEqualTo(json("{\"a\":1}"));
    }

    /** The test would run for minutes if the cost of a delta grew with the text before it. */
    @Slow("large bodies")
    @Test
    void accumulatesTenMegabytesOfToolInputQuickly() {
        var piece = "x".repeat(1024);
        accumulate(START, TOOL_START, input("{\"a\":\""));
        for (var i = 0; i < 10 * 1024; i++) {
            accumulate(input(piece));
        }
        accumulate(input("\"}"), STOP);

        assertThat(message().toolUses().get(0).input().getString("a")).hasSize(10 * 1024 * 1024);
    }

    @Test
    void aFallbackChangesTheModel() {
        accumulate(START, """
                {"type":"content_block_start","index":0,"content_block":
                {"type":"fallback","from":{"model":"m"},"to":{"model":"other"}}}""");

        assertThat(message().model()).isEqualTo("other");
    }

    @Test
    void blocksAreInTheOrderOfTheirIndexes() {
        accumulate(
                START,
                TEXT_START.replace(":0", ":7"),
                TEXT_START.replace(":0", ":2"),
                text("b").replace(":0", ":7"),
                text("a").replace(":0", ":2"));

        assertThat(message().text()).isEqualTo("ab");
        assertThat(accumulator.openBlocks()).containsExactly(2, 7);
    }

    @Test
    void keepsTheContentOfTheStartWithoutBlocks() {
        accumulate(START.replace("[]", "[{\"type\":\"text\",\"text\":\"in one piece\"}]"), END);

        assertThat(message().text()).isEqualTo("in one piece");
    }

    @Test
    void eventsBeforeTheStartAreIgnored() {
        accumulate(TEXT_START, text("a"), STOP, messageDelta("{}", "{}"), END, START);

        assertThat(accumulator.ignored())
                .isEqualTo(Map.of(
                        "content_block_start",
                        1,
                        "text_delta",
                        1,
                        "content_block_stop",
                        1,
                        "message_delta",
                        1,
                        "message_stop",
                        1));
        assertThat(message().content()).isEmpty();
        assertThat(accumulator.outcome()).isEqualTo(Outcome.UNFINISHED);
    }

    @Test
    void aSecondStartIsIgnored() {
        accumulate(START, TEXT_START, text("a"), START.replace("msg_1", "msg_2"));

        assertThat(message().id()).isEqualTo("msg_1");
        assertThat(message().text()).isEqualTo("a");
        assertThat(accumulator.ignored()).isEqualTo(Map.of("message_start", 1));
    }

    @Test
    void aSecondBlockOfTheSameIndexIsIgnored() {
        accumulate(START, TEXT_START, text("a"), TOOL_START);

        assertThat(message().text()).isEqualTo("a");
        assertThat(accumulator.ignored()).isEqualTo(Map.of("content_block_start", 1));
    }

    @Test
    void deltasOfAnotherTypeThanTheBlockAreIgnored() {
        accumulate(START, TEXT_START, input("{"), delta("""
                {"type":"thinking_delta","thinking":"hm"}"""), delta("""
                {"type":"signature_delta","signature":"s"}"""), delta("""
                {"type":"compaction_delta","content":"c"}"""), STOP);

        assertThat(message().content()).containsExactly(ContentBlock.Text.of(""));
        assertThat(accumulator.ignored())
                .isEqualTo(Map.of(
                        "input_json_delta", 1, "thinking_delta", 1, "signature_delta", 1, "compaction_delta", 1));
    }

    @Test
    void textForAToolIsIgnored() {
        accumulate(START, TOOL_START, text("a"), STOP);

        assertThat(message().content().get(0).json()).doesNotContainKey("text");
        assertThat(accumulator.ignored()).isEqualTo(Map.of("text_delta", 1));
    }

    @Test
    void deltasForAbsentBlocksAreIgnored() {
        accumulate(START, text("a"), text("b"), STOP);

        assertThat(accumulator.ignored()).isEqualTo(Map.of("text_delta", 2, "content_block_stop", 1));
    }

    @Test
    void deltasForStoppedBlocksAreIgnored() {
        accumulate(START, TEXT_START, text("a"), STOP, text("b"), STOP);

        assertThat(message().text()).isEqualTo("a");
        assertThat(accumulator.ignored()).isEqualTo(Map.of("text_delta", 1, "content_block_stop", 1));
    }

    @Test
    void eventsAfterTheEndAreIgnored() {
        accumulate(START, END, TEXT_START, """
                {"type":"ping"}""", """
                {"type":"error","error":{"type":"api_error","message":"late"}}""");

        assertThat(accumulator.outcome()).isEqualTo(Outcome.COMPLETE);
        assertThat(accumulator.error()).isEmpty();
        assertThat(accumulator.ignored()).isEqualTo(Map.of("content_block_start", 1, "error", 1));
    }

    @Test
    void anErrorMakesItFail() {
        accumulate(START, TEXT_START, text("a"), """
                {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", END);

        assertThat(accumulator.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(accumulator.error().orElseThrow().errorType()).isEqualTo(ErrorType.OVERLOADED);
        assertThat(message().text()).isEqualTo("a");
    }

    @Test
    void aStopReasonIsNotTheEnd() {
        accumulate(START, messageDelta("""
                {"stop_reason":"end_turn"}""", "{}"));

        assertThat(accumulator.outcome()).isEqualTo(Outcome.UNFINISHED);
        assertThat(message().stopReason()).contains(StopReason.END_TURN);
    }

    private Message message() {
        return accumulator.message().orElseThrow();
    }

    private void accumulate(String... events) {
        for (var data : events) {
            accumulator.accumulate(StreamEvent.of("", data));
        }
    }

    private static String text(String text) {
        return delta("{\"type\":\"text_delta\",\"text\":" + JsonText.string(text) + "}");
    }

    private static String input(String partialJson) {
        return delta("{\"type\":\"input_json_delta\",\"partial_json\":" + JsonText.string(partialJson) + "}");
    }

    private static String delta(String delta) {
        return "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":" + delta + "}";
    }

    private static String messageDelta(String delta, String usage) {
        return "{\"type\":\"message_delta\",\"delta\":" + delta + ",\"usage\":" + usage + "}";
    }

    private static JsonObject json(String text) {
        return JsonText.object(text).orElseThrow();
    }
}
