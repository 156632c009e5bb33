package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * One request of a batch: the body of a request for a message, and the {@code custom_id} that its result will have.
 *
 * @param customId unique in the batch: 1 to 64 letters, digits, {@code _} and {@code -}
 * @param params the request for a message; it must not request a stream
 */
@PublicApi
@JsonbTypeAdapter(BatchRequest.Adapter.class)
public record BatchRequest(String customId, MessageRequest params) implements JsonBacked {

    /** The format of a {@code custom_id} that Anthropic accepts. */
    public static final Pattern CUSTOM_ID = Pattern.compile("[a-zA-Z0-9_-]{1,64}");

    /** @throws IllegalArgumentException if the custom_id is not valid, or the message requests a stream */
    public BatchRequest {
        Objects.requireNonNull(params, "params");
        if (customId == null || !CUSTOM_ID.matcher(customId).matches()) {
            throw new IllegalArgumentException("custom_id: String should match pattern '^" + CUSTOM_ID + "$'");
        }
        if (params.isStreaming()) {
            throw new IllegalArgumentException("params.stream: a batch cannot be streamed");
        }
    }

    /** @throws IllegalArgumentException if the custom_id or the message is not valid */
    public static BatchRequest of(JsonObject json) {
        return new BatchRequest(
                Fields.textOrEmpty(json, "custom_id"),
                new MessageRequest(Fields.object(json, "params").orElse(JsonValue.EMPTY_JSON_OBJECT)));
    }

    /** Returns a request with one user message. */
    public static BatchRequest of(String customId, String model, int maxTokens, String prompt) {
        return new BatchRequest(customId, MessageRequest.of(model, maxTokens, prompt));
    }

    /** Returns the request as an element of the {@code requests} of a batch. */
    @Override
    public JsonObject json() {
        JsonObject json = JsonText.builder()
                .add("custom_id", customId)
                .add("params", params.json())
                .build();
        // A JSON writer would change the spelling of numbers and strings.
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
