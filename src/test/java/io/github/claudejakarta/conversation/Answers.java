package io.github.claudejakarta.conversation;

import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;

/** Answers of Claude in tests. */
final class Answers {

    private Answers() {}

    static Script text(String text) {
        return text(text, "end_turn");
    }

    static Script text(String text, String stopReason) {
        return stopped(textBlock(begun(), 0, text), stopReason);
    }

    /** An answer that waits before its end until it is released. */
    static Script text(String text, Barrier beforeItsEnd) {
        return end(textBlock(begun(), 0, text).pause(beforeItsEnd), "end_turn");
    }

    /** An answer of a simulator. */
    static Script simulated(String text) {
        return stopped(textBlock(begun("claude-simulator: true"), 0, text), "end_turn");
    }

    static Script begun(String... headers) {
        return Script.sseHead(headers)
                .event(
                        "message_start",
                        "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\","
                                + "\"model\":\"claude-opus-5-5\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"
                                + "\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}");
    }

    static Script textBlock(Script script, int index, String text) {
        return block(
                script,
                index,
                "{\"type\":\"text\",\"text\":\"\"}",
                "{\"type\":\"text_delta\",\"text\":\"" + text + "\"}");
    }

    static Script toolUse(Script script, int index, String id, String input) {
        return block(
                script,
                index,
                "{\"type\":\"tool_use\",\"id\":\"" + id + "\",\"name\":\"get_weather\",\"input\":{}}",
                "{\"type\":\"input_json_delta\",\"partial_json\":\"" + input.replace("\"", "\\\"") + "\"}");
    }

    static Script block(Script script, int index, String block, String... deltas) {
        Script blocks = script.event(
                "content_block_start",
                "{\"type\":\"content_block_start\",\"index\":" + index + ",\"content_block\":" + block + "}");
        for (String delta : deltas) {
            blocks = blocks.event(
                    "content_block_delta",
                    "{\"type\":\"content_block_delta\",\"index\":" + index + ",\"delta\":" + delta + "}");
        }
        return blocks.event("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":" + index + "}");
    }

    static Script stopped(Script script, String stopReason) {
        return end(script, stopReason);
    }

    private static Script end(Script script, String stopReason) {
        return script.event(
                        "message_delta",
                        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"" + stopReason
                                + "\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":9}}")
                .event("message_stop", "{\"type\":\"message_stop\"}");
    }
}
