package io.github.claudejakarta.claude;

import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The tokens of one message. In a stream the counts of each event are totals of the whole message: a later count
 * replaces an earlier one. Do not add them up.
 */
@PublicApi
@JsonbTypeAdapter(Usage.Adapter.class)
public record Usage(JsonObject json) implements JsonBacked {

    /** One pass within a message (beta): {@code message}, {@code compaction}, {@code fallback_message} and so on. */
    @JsonbTypeAdapter(Usage.IterationAdapter.class)
    public record Iteration(JsonObject json) implements JsonBacked {

        public String type() {
            return Fields.textOrEmpty(json, "type");
        }

        public Optional<String> model() {
            return Fields.text(json, "model");
        }

        public Usage usage() {
            return new Usage(json);
        }
    }

    /** Returns the input tokens that were neither written to nor read from the cache; 0 if absent. */
    public long inputTokens() {
        return Fields.number(json, "input_tokens").orElse(0);
    }

    /** Returns the output tokens; 0 if absent. */
    public long outputTokens() {
        return Fields.number(json, "output_tokens").orElse(0);
    }

    public OptionalLong cacheCreationInputTokens() {
        return Fields.number(json, "cache_creation_input_tokens");
    }

    public OptionalLong cacheReadInputTokens() {
        return Fields.number(json, "cache_read_input_tokens");
    }

    /** Returns all input tokens: not cached, written to the cache, and read from the cache. */
    public long totalInputTokens() {
        return inputTokens()
                + cacheCreationInputTokens().orElse(0)
                + cacheReadInputTokens().orElse(0);
    }

    /** Returns the part of {@link #cacheCreationInputTokens()} that is cached for five minutes. */
    public OptionalLong ephemeral5mInputTokens() {
        return within("cache_creation", "ephemeral_5m_input_tokens");
    }

    /** Returns the part of {@link #cacheCreationInputTokens()} that is cached for an hour. */
    public OptionalLong ephemeral1hInputTokens() {
        return within("cache_creation", "ephemeral_1h_input_tokens");
    }

    /** Returns the part of {@link #outputTokens()} that is thinking. */
    public OptionalLong thinkingTokens() {
        return within("output_tokens_details", "thinking_tokens");
    }

    public OptionalLong webSearchRequests() {
        return within("server_tool_use", "web_search_requests");
    }

    public OptionalLong webFetchRequests() {
        return within("server_tool_use", "web_fetch_requests");
    }

    /** Returns {@code standard}, {@code priority} or {@code batch}. */
    public Optional<String> serviceTier() {
        return Fields.text(json, "service_tier");
    }

    public Optional<String> inferenceGeo() {
        return Fields.text(json, "inference_geo");
    }

    /** Returns the passes within the message (beta). Usually empty. */
    public List<Iteration> iterations() {
        return Fields.objects(json, "iterations").stream().map(Iteration::new).toList();
    }

    /** Returns these counts, each replaced by the later count if there is one. */
    Usage replacedBy(Usage later) {
        var builder = JsonText.builder(json);
        later.json.forEach((key, value) -> {
            if (value != JsonValue.NULL) {
                builder.add(key, value);
            }
        });
        return new Usage(builder.build());
    }

    /**
     * Returns the total usage of two answers. Numbers are added up, also numbers within objects. The {@code iterations}
     * of both are listed; if only one answer has iterations, the other counts as one iteration of the type
     * {@code message}. All other fields are taken from the other usage.
     */
    public Usage plus(Usage other) {
        if (iterations().isEmpty() == other.iterations().isEmpty()) {
            return new Usage(sum(json, other.json));
        }
        return iterations().isEmpty()
                ? new Usage(sum(asIteration(), other.json))
                : new Usage(sum(json, other.asIteration()));
    }

    private JsonObject asIteration() {
        var builder = JsonText.builder(json);
        return json.isEmpty()
                ? json
                : builder.add(
                                "iterations",
                                JsonText.array()
                                        .add(JsonText.builder(json)
                                                .remove("iterations")
                                                .add("type", "message")))
                        .build();
    }

    private static JsonObject sum(JsonObject one, JsonObject other) {
        var builder = JsonText.builder(one);
        other.forEach((key, value) -> {
            var before = one.get(key);
            if (before instanceof JsonNumber a && value instanceof JsonNumber b) {
                builder.add(key, a.bigDecimalValue().add(b.bigDecimalValue()));
            } else if (before instanceof JsonObject a && value instanceof JsonObject b) {
                builder.add(key, sum(a, b));
            } else if (before instanceof JsonArray a && value instanceof JsonArray b) {
                var all = JsonText.array();
                a.forEach(all::add);
                b.forEach(all::add);
                builder.add(key, all);
            } else if (before == null || value != JsonValue.NULL) {
                builder.add(key, value);
            }
        });
        return builder.build();
    }

    /** Returns these counts with another number of output tokens. */
    public Usage withOutputTokens(long tokens) {
        return new Usage(JsonText.builder(json).add("output_tokens", tokens).build());
    }

    private OptionalLong within(String object, String key) {
        var inner = Fields.object(json, object);
        return inner.isPresent() ? Fields.number(inner.get(), key) : OptionalLong.empty();
    }

    /** For JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<Usage> {

        public Adapter() {
            super(Usage.class);
        }
    }

    /** For JSON-B. */
    public static final class IterationAdapter extends JsonBacked.Adapter<Iteration> {

        public IterationAdapter() {
            super(Iteration.class);
        }
    }
}
