package io.github.claudejakarta.it.support;

import io.github.claudejakarta.upstream.Script;
import jakarta.json.Json;

/** Small streams as Claude sends them, for scripts of the upstream. */
public final class Wire {

    public static final String START = frame(
                    "message_start",
                    "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_it\","
                            + "\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-opus-5-5\",\"content\":[],\"stop_reason\":null,"
                            + "\"stop_sequence\":null,\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}")
            + frame(
                    "content_block_start",
                    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}");

    public static final String STOP = frame("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}")
            + frame(
                    "message_delta",
                    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
                            + "\"usage\":{\"output_tokens\":5}}")
            + frame("message_stop", "{\"type\":\"message_stop\"}");

    public static final String PING = frame("ping", "{\"type\":\"ping\"}");

    /** A message without streaming. */
    public static final String MESSAGE =
            "{\"id\":\"msg_it\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-opus-5-5\","
                    + "\"content\":[{\"type\":\"text\",\"text\":\"Hello\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,"
                    + "\"usage\":{\"input_tokens\":3,\"output_tokens\":5}}";

    private Wire() {}

    public static String frame(String name, String data) {
        return "event: " + name + "\ndata: " + data + "\n\n";
    }

    public static String text(String text) {
        return frame(
                "content_block_delta",
                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + text
                        + "\"}}");
    }

    /**
     * A message that waits for the tool {@code n} with the id {@code toolu_1}, whose input is streamed in these pieces.
     */
    public static Script toolScript(String type, String... input) {
        var calling = new StringBuilder(START)
                .append(text("Hel"))
                .append(frame("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}"))
                .append(frame(
                        "content_block_start",
                        "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"" + type
                                + "\",\"id\":\"toolu_1\",\"name\":\"n\",\"input\":{}}}"));
        for (String piece : input) {
            calling.append(frame(
                    "content_block_delta",
                    "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\","
                            + "\"partial_json\":" + Json.createValue(piece) + "}}"));
        }
        return Script.sseHead()
                .write(calling + STOP.replace("\"index\":0", "\"index\":1").replace("end_turn", "tool_use"));
    }

    public static String hello() {
        return START + text("Hel") + text("lo") + STOP;
    }

    public static Script helloScript() {
        return Script.sseHead().write(hello());
    }

    public static Script messageScript() {
        return Script.json(200, MESSAGE);
    }

    /** A stream that has begun, with the text {@code Hel}. */
    public static Script begun() {
        return Script.sseHead().write(START + text("Hel"));
    }
}
