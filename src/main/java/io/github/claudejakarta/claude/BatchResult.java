package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The result of one request of a batch. Results arrive in any order; {@link #customId()} identifies the request.
 *
 * @param errorKind the kind of error of an {@code errored} result: {@link ErrorKind#REFUSED}, or another kind if Claude
 *     did not accept the request from this server. The JSON does not contain it
 */
@PublicApi
@JsonbTypeAdapter(BatchResult.Adapter.class)
public record BatchResult(JsonObject json, ErrorKind errorKind) implements JsonBacked {

    public BatchResult {
        Objects.requireNonNull(json, "json");
        Objects.requireNonNull(errorKind, "errorKind");
    }

    /** Creates a result of Claude. */
    public BatchResult(JsonObject json) {
        this(json, ErrorKind.REFUSED);
    }

    /** One of the four outcomes of a request, or an unknown one. */
    public sealed interface Outcome {

        /**
         * A message, the only outcome that is billed. A refusal is a message too, with the stop reason {@code refusal}.
         */
        record Succeeded(Message message) implements Outcome {}

        /** @param error the error that Claude would have returned for a single message */
        record Errored(ClaudeException error) implements Outcome {}

        record Canceled() implements Outcome {}

        /** The request was not started within 24 hours. */
        record Expired() implements Outcome {}

        record Unknown(String type, JsonObject json) implements Outcome {}
    }

    /** Returns this result with another kind of error. */
    public BatchResult withErrorKind(ErrorKind kind) {
        return new BatchResult(json, kind);
    }

    /** @throws IllegalArgumentException if the line is not a JSON object */
    public static BatchResult parse(String line) {
        return new BatchResult(JsonText.object(line)
                .orElseThrow(() -> new IllegalArgumentException("The result is not a JSON object")));
    }

    public String customId() {
        return Fields.textOrEmpty(json, "custom_id");
    }

    /** Returns {@code succeeded}, {@code errored}, {@code canceled} or {@code expired}. */
    public String type() {
        return Fields.textOrEmpty(result(), "type");
    }

    public Outcome outcome() {
        return switch (type()) {
            case "succeeded" ->
                new Outcome.Succeeded(
                        new Message(Fields.object(result(), "message").orElse(JsonValue.EMPTY_JSON_OBJECT)));
            case "errored" ->
                new Outcome.Errored(ClaudeException.ofEnvelope(
                                new ErrorEnvelope(
                                        Fields.object(result(), "error").orElse(JsonValue.EMPTY_JSON_OBJECT)),
                                Map.of())
                        .withKind(errorKind));
            case "canceled" -> new Outcome.Canceled();
            case "expired" -> new Outcome.Expired();
            default -> new Outcome.Unknown(type(), result());
        };
    }

    /** Returns the message; empty unless the request succeeded. */
    public Optional<Message> message() {
        return outcome() instanceof Outcome.Succeeded succeeded ? Optional.of(succeeded.message()) : Optional.empty();
    }

    private JsonObject result() {
        return Fields.object(json, "result").orElse(JsonValue.EMPTY_JSON_OBJECT);
    }

    /** For JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<BatchResult> {

        public Adapter() {
            super(BatchResult.class);
        }
    }
}
