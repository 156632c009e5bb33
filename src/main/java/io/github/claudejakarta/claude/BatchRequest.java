package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * One request of a batch: a message to ask for, and the name by which its result is known.
 *
 * @param customId unique in the batch: 1 to 64 letters, digits, {@code _} and {@code -}
 * @param params the message; it must not ask for a stream
 */
@PublicApi
@JsonbTypeAdapter(BatchRequest.Adapter.class)
public record BatchRequest(String customId, MessageRequest params) implements JsonBacked {

    /** What Anthropic takes as a {@code custom_id}. */
    public static final Pattern CUSTOM_ID = Pattern.compile("[a-zA-Z0-9_-]{1,64}");

    /** @throws IllegalArgumentException if the name cannot be used, or the message asks for a stream */
    public BatchRequest {
        Objects.requireNonNull(params, "params");
        if (customId == null || !CUSTOM_ID.matcher(customId).matches()) {
            throw new IllegalArgumentException("custom_id: String should match pattern '^" + CUSTOM_ID + "$'");
        }
        if (params.isStreaming()) {
            throw new IllegalArgumentException("params.stream: a batch cannot be streamed");
        }
    }

    /** @throws IllegalArgumentException if the name or the message cannot be used */
    public static BatchRequest of(JsonObject json) {
        return new BatchRequest(
                Fields.textOrEmpty(json, "custom_id"),
                new MessageRequest(Fields.object(json, "params").orElse(JsonValue.EMPTY_JSON_OBJECT)));
    }

    /** One question. */
    public static BatchRequest of(String customId, String model, int maxTokens, String prompt) {
        return new BatchRequest(customId, MessageRequest.of(model, maxTokens, prompt));
    }

    /** As it stands in the {@code requests} of a batch. */
    @Override
    public JsonObject json() {
        JsonObject json = JsonText.builder()
                .add("custom_id", customId)
                .add("params", params.json())
                .build();
        // A writer would spell the message in its own way.
        return params.json() instanceof VerbatimObject
                ? new VerbatimObject(json, "{\"custom_id\":\"" + customId + "\",\"params\":" + params.json() + "}")
                : json;
    }

    /** For JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<BatchRequest> {

        public Adapter() {
            super(BatchRequest.class);
        }
    }
}
