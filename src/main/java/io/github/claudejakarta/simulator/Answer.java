package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Optional;

/**
 * A message of the simulator. It can be sent as a stream of events or as one JSON object.
 *
 * @param thinkingTokens the part of the output tokens that is thinking
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

    /** The reason why the message ends. */
    record Ending(String reason, Optional<String> sequence) {

        static Ending of(String reason) {
            return new Ending(reason, Optional.empty());
        }

        /** Returns the members that the last event has. */
        JsonObject json() {
            var details = reason.equals("refusal")
                    ? PROVIDER.createObjectBuilder()
                            .add("type", "refusal")
                            .add("category", "cyber")
                            .add("explanation", "Simulated: declined to continue.")
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

    /** Returns the message that opens a stream, without content. */
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

    /** Returns the complete message. */
    JsonObject message() {
        var blocks = PROVIDER.createArrayBuilder();
        content.forEach(block -> blocks.add(block.json()));
        var usage = PROVIDER.createObjectBuilder(start().getJsonObject("usage"))
                .addAll(PROVIDER.createObjectBuilder(usage()));
        return envelope(blocks)
                .addAll(PROVIDER.createObjectBuilder(ending.json()))
                .add("usage", usage)
                .build();
    }

    /** Returns the complete message as the results of a batch have it. */
    JsonObject batchMessage() {
        var message = message();
        var usage = PROVIDER.createObjectBuilder(message.getJsonObject("usage")).add("service_tier", "batch");
        return PROVIDER.createObjectBuilder(message).add("usage", usage).build();
    }

    /** Returns the token totals that the last event has. */
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
