package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What became of one request of a batch. Results come in any order; {@link #customId()} says whose it is.
 *
 * @param errorKind of the error of an {@code errored} result: {@link ErrorKind#REFUSED}, or another kind where this
 *     server did not get the request accepted by Claude. The JSON does not have it
 */
@PublicApi
@JsonbTypeAdapter(BatchResult.Adapter.class)
public record BatchResult(JsonObject json, ErrorKind errorKind) implements JsonBacked {

    public BatchResult {
        Objects.requireNonNull(json, "json");
        Objects.requireNonNull(errorKind, "errorKind");
    }

    /** A result of Claude. */
    public BatchResult(JsonObject json) {
        this(json, ErrorKind.REFUSED);
    }

    /** Either of the four, or one that is not known yet. */
    public sealed interface Outcome {

        /** The only one that is paid for. A refusal is one too, with the stop reason {@code refusal}. */
        record Succeeded(Message message) implements Outcome {}

        /** @param error as Claude would have told the caller of a single message */
        record Errored(ClaudeException error) implements Outcome {}

        record Canceled() implements Outcome {}

        /** Not begun within 24 hours. */
        record Expired() implements Outcome {}

        record Unknown(String type, JsonObject json) implements Outcome {}
    }

    /** This result with another kind of error. */
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

    /** {@code succeeded}, {@code errored}, {@code canceled} or {@code expired}. */
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

    /** The message of a result that succeeded. */
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
