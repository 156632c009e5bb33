package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * One event of a streamed message. Their order is
 *
 * <pre>
 * message_start ( content_block_start(i) content_block_delta(i)* content_block_stop(i) )* message_delta+ message_stop
 * </pre>
 *
 * with {@code ping} anywhere, {@code error} anywhere, also first and then last, and unknown events anywhere.
 */
@PublicApi
@JsonbTypeAdapter(StreamEvent.Adapter.class)
public sealed interface StreamEvent extends JsonBacked {

    /**
     * The event that the wire had. The {@code type} in the JSON decides; the name only where there is none. What is not
     * JSON, not known or lacks what it should carry is {@link Unknown}, but for errors: whatever comes under the name
     * {@code error} is an {@link Error}, so that no failure can pass for a quiet end.
     *
     * @param name of the SSE event, {@code ""} where the wire had none
     * @param data of the SSE event, as received
     */
    static StreamEvent of(String name, String data) {
        var json = JsonText.object(data);
        if (json.isEmpty()) {
            return name.equals("error") ? Error.saying(data) : new Unknown(name, data);
        }
        return of(name, data, json.get());
    }

    private static StreamEvent of(String name, String data, JsonObject json) {
        var isIndexed = Fields.index(json, "index").isPresent();
        return switch (Fields.text(json, "type").orElse(name)) {
            case "message_start" -> has(json, "message") ? new MessageStart(json) : new Unknown(name, data);
            case "content_block_start" ->
                isIndexed && has(json, "content_block") ? new ContentBlockStart(json) : new Unknown(name, data);
            case "content_block_delta" ->
                isIndexed && has(json, "delta") ? new ContentBlockDelta(json) : new Unknown(name, data);
            case "content_block_stop" -> isIndexed ? new ContentBlockStop(json) : new Unknown(name, data);
            case "message_delta" -> has(json, "delta") ? new MessageDelta(json) : new Unknown(name, data);
            case "message_stop" -> new MessageStop(json);
            case "ping" -> new Ping(json);
            case "error" -> Error.of(json, data);
            // Gateways of others send errors without a type of event.
            case "" -> has(json, "error") ? Error.of(json, data) : new Unknown(name, data);
            default -> name.equals("error") ? Error.of(json, data) : new Unknown(name, data);
        };
    }

    private static boolean has(JsonObject json, String key) {
        return Fields.object(json, key).isPresent();
    }

    /** As in the JSON, {@code content_block_delta} for instance. */
    String type();

    /** Whether nothing comes after it. A stream that ends without such an event was cut off. */
    default boolean isTerminal() {
        return false;
    }

    /** The message as it begins: no content, no stop reason, the input's usage. */
    @JsonbTypeAdapter(StreamEvent.Adapter.class)
    record MessageStart(JsonObject json) implements StreamEvent {

        @Override
        public String type() {
            return "message_start";
        }

        public Message message() {
            return new Message(Fields.object(json, "message").orElse(JsonValue.EMPTY_JSON_OBJECT));
        }
    }

    /** A block begins. Those without deltas, as results of server tools, are complete here. */
    @JsonbTypeAdapter(StreamEvent.Adapter.class)
    record ContentBlockStart(JsonObject json) implements StreamEvent {

        @Override
        public String type() {
            return "content_block_start";
        }

        public int index() {
            return Fields.index(json, "index").orElse(0);
        }

        public ContentBlock block() {
            return ContentBlock.of(Fields.object(json, "content_block").orElse(JsonValue.EMPTY_JSON_OBJECT));
        }
    }

    @JsonbTypeAdapter(StreamEvent.Adapter.class)
    record ContentBlockDelta(JsonObject json) implements StreamEvent {

        @Override
        public String type() {
            return "content_block_delta";
        }

        public int index() {
            return Fields.index(json, "index").orElse(0);
        }

        public ContentDelta delta() {
            return ContentDelta.of(Fields.object(json, "delta").orElse(JsonValue.EMPTY_JSON_OBJECT));
        }
    }

    @JsonbTypeAdapter(StreamEvent.Adapter.class)
    record ContentBlockStop(JsonObject json) implements StreamEvent {

        @Override
        public String type() {
            return "content_block_stop";
        }

        public int index() {
            return Fields.index(json, "index").orElse(0);
        }
    }

    /** The stop reason and the totals of the usage; usually once, and the last one counts. */
    @JsonbTypeAdapter(StreamEvent.Adapter.class)
    record MessageDelta(JsonObject json) implements StreamEvent {

        @Override
        public String type() {
            return "message_delta";
        }

        /** The fields of the message that change. */
        public JsonObject delta() {
            return Fields.object(json, "delta").orElse(JsonValue.EMPTY_JSON_OBJECT);
        }

        public Optional<StopReason> stopReason() {
            return Fields.text(delta(), "stop_reason").map(StopReason::new);
        }

        /** Totals of the whole message, not of what came since the last event. */
        public Optional<Usage> usage() {
            return Fields.object(json, "usage").map(Usage::new);
        }
    }

    /** The message is complete. */
    @JsonbTypeAdapter(StreamEvent.Adapter.class)
    record MessageStop(JsonObject json) implements StreamEvent {

        @Override
        public String type() {
            return "message_stop";
        }

        @Override
        public boolean isTerminal() {
            return true;
        }
    }

    @JsonbTypeAdapter(StreamEvent.Adapter.class)
    record Ping(JsonObject json) implements StreamEvent {

        @Override
        public String type() {
            return "ping";
        }
    }

    /**
     * The message failed, though the HTTP status was 200. The JSON is Anthropic's envelope, made where the wire had
     * none.
     *
     * @param kind how it failed: {@link ErrorKind#REFUSED} for an event of Claude, another kind for an event with which
     *     this server ended a stream. The JSON does not have it
     */
    @JsonbTypeAdapter(StreamEvent.Adapter.class)
    record Error(JsonObject json, ErrorKind kind) implements StreamEvent {

        public Error {
            Objects.requireNonNull(json, "json");
            Objects.requireNonNull(kind, "kind");
        }

        /** An error event of Claude. */
        public Error(JsonObject json) {
            this(json, ErrorKind.REFUSED);
        }

        /** This event as one of an error of another kind. */
        public Error withKind(ErrorKind other) {
            return new Error(json, other);
        }

        /**
         * The error that a text says, where it is known that the text is one: Anthropic's envelope, or whatever a
         * gateway writes in its place.
         *
         * @param data JSON, as received
         */
        public static Error of(String data) {
            return JsonText.object(data).map(json -> of(json, data)).orElseGet(() -> saying(data));
        }

        private static Error of(JsonObject json, String data) {
            return ErrorEnvelope.in(json).isPresent() ? new Error(json) : saying(data);
        }

        private static Error saying(String data) {
            var message = ErrorEnvelope.messageIn(data).orElse("The stream failed without saying why");
            return new Error(
                    ErrorEnvelope.of(ErrorType.API, message, Optional.empty()).json());
        }

        @Override
        public String type() {
            return "error";
        }

        @Override
        public boolean isTerminal() {
            return true;
        }

        public ErrorType errorType() {
            return new ErrorEnvelope(json).type();
        }

        public String message() {
            return new ErrorEnvelope(json).message();
        }

        public Optional<String> requestId() {
            return new ErrorEnvelope(json).requestId();
        }

        /**
         * The same where it is all that an answer has.
         *
         * @param headers of that answer; their names in any case
         */
        public ClaudeException exception(Map<String, String> headers) {
            return ClaudeException.ofEnvelope(new ErrorEnvelope(json), headers).withKind(kind);
        }

        /** The error to throw, with the status that belongs to its type. */
        public ClaudeException exception() {
            return exception(Map.of());
        }
    }

    /** An event that came later than this code, or that cannot be used. To be passed on and otherwise ignored. */
    @JsonbTypeAdapter(StreamEvent.Adapter.class)
    record Unknown(String name, String data) implements StreamEvent {

        /** The data; a JSON string where the data is not a JSON object. */
        @Override
        public JsonValue json() {
            return JsonText.object(data).<JsonValue>map(json -> json).orElseGet(() -> JsonText.string(data));
        }

        /** As in the JSON, else the name of the SSE event, else {@code ""}. */
        @Override
        public String type() {
            return JsonText.object(data)
                    .flatMap(json -> Fields.text(json, "type"))
                    .orElse(name);
        }
    }

    /** For JSON-B. */
    final class Adapter extends JsonBacked.Adapter<StreamEvent> {

        public Adapter() {
            super(StreamEvent.class);
        }
    }
}
