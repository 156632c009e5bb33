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
 * Tokens of one message. In a stream the counts of every event are totals of the whole message: a later one replaces an
 * earlier one, and adding them counts twice.
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

    /** Input that was neither written to nor read from the cache; 0 where absent. */
    public long inputTokens() {
        return Fields.number(json, "input_tokens").orElse(0);
    }

    /** 0 where absent. */
    public long outputTokens() {
        return Fields.number(json, "output_tokens").orElse(0);
    }

    public OptionalLong cacheCreationInputTokens() {
        return Fields.number(json, "cache_creation_input_tokens");
    }

    public OptionalLong cacheReadInputTokens() {
        return Fields.number(json, "cache_read_input_tokens");
    }

    /** All input: what was not cached, what was written to the cache and what was read from it. */
    public long totalInputTokens() {
        return inputTokens()
                + cacheCreationInputTokens().orElse(0)
                + cacheReadInputTokens().orElse(0);
    }

    /** Of {@link #cacheCreationInputTokens()}, those kept for five minutes. */
    public OptionalLong ephemeral5mInputTokens() {
        return within("cache_creation", "ephemeral_5m_input_tokens");
    }

    /** Of {@link #cacheCreationInputTokens()}, those kept for an hour. */
    public OptionalLong ephemeral1hInputTokens() {
        return within("cache_creation", "ephemeral_1h_input_tokens");
    }

    /** Of {@link #outputTokens()}, those that were thinking. */
    public OptionalLong thinkingTokens() {
        return within("output_tokens_details", "thinking_tokens");
    }

    public OptionalLong webSearchRequests() {
        return within("server_tool_use", "web_search_requests");
    }

    public OptionalLong webFetchRequests() {
        return within("server_tool_use", "web_fetch_requests");
    }

    /** {@code standard}, {@code priority} or {@code batch}. */
    public Optional<String> serviceTier() {
        return Fields.text(json, "service_tier");
    }

    public Optional<String> inferenceGeo() {
        return Fields.text(json, "inference_geo");
    }

    /** Beta; without iterations the list is empty. */
    public List<Iteration> iterations() {
        return Fields.objects(json, "iterations").stream().map(Iteration::new).toList();
    }

    /** These counts, replaced by those that the later one has. */
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
     * Returns what two answers used together. Numbers are added up, also those within objects. {@code iterations} of
     * both are listed: where only one answer has some, the other counts as one of the type {@code message}. Everything
     * else is the other's.
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

    /** These counts with another output. */
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
