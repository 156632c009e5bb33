package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Optional;

/**
 * One message, from which both the stream and the whole are made.
 *
 * @param thinkingTokens how many of the output tokens are thinking
 */
record Answer(
        String id,
        String model,
        List<Block> content,
        Ending ending,
        long inputTokens,
        long outputTokens,
        long thinkingTokens) {

    private static final JsonObject NO_CACHE = PROVIDER.createObjectBuilder()
            .add("ephemeral_5m_input_tokens", 0)
            .add("ephemeral_1h_input_tokens", 0)
            .build();

    /** Why the message stops. */
    record Ending(String reason, Optional<String> sequence) {

        static Ending of(String reason) {
            return new Ending(reason, Optional.empty());
        }

        /** As the last event has it. */
        JsonObject json() {
            var details = reason.equals("refusal")
                    ? PROVIDER.createObjectBuilder()
                            .add("type", "refusal")
                            .add("category", "cyber")
                            .add("explanation", "Simulated: declined to go on.")
                            .build()
                    : JsonValue.NULL;
            return PROVIDER.createObjectBuilder()
                    .add("stop_reason", reason)
                    .add(
                            "stop_sequence",
                            sequence.<JsonValue>map(PROVIDER::createValue).orElse(JsonValue.NULL))
                    .add("stop_details", details)
                    .build();
        }
    }

    /** The message that opens a stream. */
    JsonObject start() {
        var usage = inputUsage()
                .add("cache_creation", NO_CACHE)
                .add("output_tokens", 1)
                .add("service_tier", "standard")
                .add("inference_geo", "not_available");
        return envelope(PROVIDER.createArrayBuilder())
                .addNull("stop_reason")
                .addNull("stop_sequence")
                .addNull("stop_details")
                .add("usage", usage)
                .build();
    }

    JsonObject whole() {
        var blocks = PROVIDER.createArrayBuilder();
        content.forEach(block -> blocks.add(block.whole()));
        var usage = PROVIDER.createObjectBuilder(start().getJsonObject("usage"))
                .addAll(PROVIDER.createObjectBuilder(usage()));
        return envelope(blocks)
                .addAll(PROVIDER.createObjectBuilder(ending.json()))
                .add("usage", usage)
                .build();
    }

    /** The whole as a batch has it. */
    JsonObject batched() {
        var whole = whole();
        var usage = PROVIDER.createObjectBuilder(whole.getJsonObject("usage")).add("service_tier", "batch");
        return PROVIDER.createObjectBuilder(whole).add("usage", usage).build();
    }

    /** The totals that the last event has. */
    JsonObject usage() {
        var usage = inputUsage().add("output_tokens", outputTokens);
        if (thinkingTokens > 0) {
            usage.add("output_tokens_details", PROVIDER.createObjectBuilder().add("thinking_tokens", thinkingTokens));
        }
        return usage.build();
    }

    private JsonObjectBuilder envelope(JsonArrayBuilder blocks) {
        return PROVIDER.createObjectBuilder()
                .add("model", model)
                .add("id", id)
                .add("type", "message")
                .add("role", "assistant")
                .add("content", blocks);
    }

    private JsonObjectBuilder inputUsage() {
        return PROVIDER.createObjectBuilder()
                .add("input_tokens", inputTokens)
                .add("cache_creation_input_tokens", 0)
                .add("cache_read_input_tokens", 0);
    }
}
