package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * One event of a streamed message. Events arrive in this order:
 *
 * <pre>
 * message_start ( content_block_start(i) content_block_delta(i)* content_block_stop(i) )* message_delta+ message_stop
 * </pre>
 *
 * A {@code ping} or an unknown event may arrive anywhere. An {@code error} may also arrive anywhere, even first, and is
 * then the last event.
 */
@PublicApi
@JsonbTypeAdapter(StreamEvent.Adapter.class)
public sealed interface StreamEvent extends JsonBacked {

    /**
     * Returns the event that a server-sent event represents. The {@code type} in the JSON decides; the name counts only
     * if the JSON has no type. An event is {@link Unknown} if it is not JSON, has an unknown type or lacks a required
     * field. Every event with the name {@code error} is an {@link Error}, so that a failure cannot be mistaken for a
     * normal end.
     *
     * @param name of the SSE event; {@code ""} if it has no name
     * @param data of the SSE event, as received
     */
    static StreamEvent of(String name, String data) {
        var json = JsonText.object(data);
        if (json.isEmpty()) {
            return name.equals("error") ? Error.ofText(data) : new Unknown(name, data);
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
            // Some gateways send errors without an event type.
            case "" -> has(json, "error") ? Error.of(json, data) : new Unknown(name, data);
            default -> name.equals("error") ? Error.of(json, data) : new Unknown(name, data);
        };
    }

    private static boolean has(JsonObject json, String key) {
        return Fields.object(json, key).isPresent();
    }

    /** Returns the type in the JSON, for example {@code content_block_delta}. */
    String type();

    /** Whether this event ends the stream. A stream that ends without such an event was cut off. */
    default boolean isTerminal() {
        return false;
    }

    /** The start of a message: it has the usage of the input, and no content or stop reason yet. */
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

    /** The start of a content block. A block without deltas, such as the result of a server tool, is complete here. */
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

    /**
     * The stop reason and the usage totals. Usually a stream has one such event; if it has several, the last one
     * counts.
     */
    @JsonbTypeAdapter(StreamEvent.Adapter.class)
    record MessageDelta(JsonObject json) implements StreamEvent {

        @Override
        public String type() {
            return "message_delta";
        }

        /** Returns the fields of the message that change. */
        public JsonObject delta() {
            return Fields.object(json, "delta").orElse(JsonValue.EMPTY_JSON_OBJECT);
        }

        public Optional<StopReason> stopReason() {
            return Fields.text(delta(), "stop_reason").map(StopReason::new);
        }

        /** Returns the totals of the whole message, not the counts since the previous event. */
        public Optional<Usage> usage() {
            return Fields.object(json, "usage").map(Usage::new);
        }
    }

    /** The end of a complete message. */
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
     * The end of a message that failed, although the HTTP status is 200. The JSON is Anthropic's error envelope, which
     * is created if the event had none.
     *
     * @param kind how the message failed: {@link ErrorKind#REFUSED} for an event of Claude, another kind for an event
     *     with which this server ended a stream. The JSON does not contain it
     */
    @JsonbTypeAdapter(StreamEvent.Adapter.class)
    record Error(JsonObject json, ErrorKind kind) implements StreamEvent {

        public Error {
            Objects.requireNonNull(json, "json");
            Objects.requireNonNull(kind, "kind");
        }

        /** Creates an error event of Claude. */
        public Error(JsonObject json) {
            this(json, ErrorKind.REFUSED);
        }

        /** Returns this event with another kind of error. */
        public Error withKind(ErrorKind other) {
            return new Error(json, other);
        }

        /**
         * Returns the error that a text describes: Anthropic's envelope, or the text that a gateway sends instead.
         *
         * @param data JSON, as received
         */
        public static Error of(String data) {
            return JsonText.object(data).map(json -> of(json, data)).orElseGet(() -> ofText(data));
        }

        private static Error of(JsonObject json, String data) {
            return ErrorEnvelope.in(json).isPresent() ? new Error(json) : ofText(data);
        }

        private static Error ofText(String data) {
            var message = ErrorEnvelope.messageIn(data).orElse("The stream failed. The error event gives no reason.");
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
         * Returns this error as an exception, for an answer that consists of this error alone.
         *
         * @param headers of the answer; names are not case-sensitive
         */
        public ClaudeException exception(Map<String, String> headers) {
            return ClaudeException.ofEnvelope(new ErrorEnvelope(json), headers).withKind(kind);
        }

        /** Returns this error as an exception, with the status that belongs to its type. */
        public ClaudeException exception() {
            return exception(Map.of());
        }
    }

    /** An event of an unknown type, or without a required field. Pass it on, and ignore it otherwise. */
    @JsonbTypeAdapter(StreamEvent.Adapter.class)
    record Unknown(String name, String data) implements StreamEvent {

        /** Returns the data, as a JSON string if it is not a JSON object. */
        @Override
        public JsonValue json() {
            return JsonText.object(data).<JsonValue>map(json -> json).orElseGet(() -> JsonText.string(data));
        }

        /** Returns the type in the JSON, otherwise the name of the SSE event, otherwise {@code ""}. */
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
