package io.github.claudejakarta.claude;

import jakarta.json.stream.JsonParser;
import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.Set;

/**
 * The little that has to be known of a Messages request on its way through. What is plainly wrong is refused; what only
 * Claude can judge is passed on. Of a key that is there twice, the last counts, as everywhere.
 *
 * <p>The text is gone through once by a pull parser and no tree of it is built: it may have 32 MB.
 */
public final class MessageFields {

    private static final BigDecimal LARGEST_INTEGER = BigDecimal.valueOf(Integer.MAX_VALUE);

    /** A null is as if the field were absent; serializers write it for a field that was not set. */
    private static final Set<JsonParser.Event> STREAM_VALUES =
            EnumSet.of(JsonParser.Event.VALUE_TRUE, JsonParser.Event.VALUE_FALSE, JsonParser.Event.VALUE_NULL);

    /** Anthropic's limit; the name goes into logs and traces. */
    private static final int LONGEST_MODEL = 256;

    private JsonParser.Event model;
    private String modelName = "";
    private JsonParser.Event messages;
    private boolean hasMessages;
    private JsonParser.Event maxTokens;
    private BigDecimal maxTokensValue = BigDecimal.ZERO;
    private JsonParser.Event stream;
    private int streamEnds;
    private String notInBatches;

    /**
     * Reads a body.
     *
     * @throws ClaudeException {@code invalid_request_error} if it is not a JSON object
     */
    public static MessageFields of(byte[] bytes) {
        return of(bytes, 0, bytes.length);
    }

    /**
     * Reads a body that is a part of an array.
     *
     * @throws ClaudeException {@code invalid_request_error} if it is not a JSON object
     */
    public static MessageFields of(byte[] bytes, int offset, int length) {
        var fields = new MessageFields();
        try {
            JsonPull.object(bytes, offset, length, fields::take);
        } catch (IllegalArgumentException e) {
            throw invalid("The request body is " + e.getMessage()).withCause(e);
        }
        return fields;
    }

    /** Reads an object that has just begun. */
    public static MessageFields within(JsonParser parser) {
        var fields = new MessageFields();
        JsonPull.fields(parser, fields::take);
        return fields;
    }

    private static ClaudeException invalid(String message) {
        return ClaudeException.of(ErrorType.INVALID_REQUEST, message);
    }

    /** The model that is asked for; empty where there is none. */
    public String model() {
        return modelName;
    }

    /** Whether {@code stream} is true. */
    public boolean isStreaming() {
        return stream == JsonParser.Event.VALUE_TRUE;
    }

    /** Whether there is a {@code stream} at all, which may be null. */
    public boolean saysStream() {
        return stream != null;
    }

    /** The place of the value of {@code stream} in the array: of its first byte, where there is one. */
    public int streamBegins() {
        return streamEnds
                - (stream == JsonParser.Event.VALUE_FALSE ? "false" : isStreaming() ? "true" : "null").length();
    }

    /** The place after the value of {@code stream} in the array, where there is one. */
    public int streamEnds() {
        return streamEnds;
    }

    private boolean take(String name, JsonParser.Event value, JsonParser parser) {
        switch (name) {
            case "model" -> {
                model = value;
                modelName = value == JsonParser.Event.VALUE_STRING ? parser.getString() : "";
            }
            case "messages" -> {
                messages = value;
                hasMessages = value == JsonParser.Event.START_ARRAY && JsonPull.skip(parser) > 0;
                return value == JsonParser.Event.START_ARRAY;
            }
            case "max_tokens" -> {
                maxTokens = value;
                maxTokensValue = value == JsonParser.Event.VALUE_NUMBER ? parser.getBigDecimal() : BigDecimal.ZERO;
            }
            case "stream" -> {
                stream = value;
                streamEnds = (int) parser.getLocation().getStreamOffset();
            }
            case "speed", "fallbacks" -> notInBatches = value == JsonParser.Event.VALUE_NULL ? notInBatches : name;
            default -> {}
        }
        return false;
    }

    /**
     * What every request needs.
     *
     * @throws ClaudeException {@code invalid_request_error}, which names the field
     */
    public void requireCommon() {
        require(model, JsonParser.Event.VALUE_STRING, "model", "string");
        if (modelName.isBlank()) {
            throw invalid("model: String should have at least 1 character");
        }
        if (modelName.length() > LONGEST_MODEL) {
            throw invalid("model: String should have at most " + LONGEST_MODEL + " characters");
        }
        require(messages, JsonParser.Event.START_ARRAY, "messages", "list");
        if (!hasMessages) {
            throw invalid("messages: at least one message is required");
        }
        if (stream != null && !STREAM_VALUES.contains(stream)) {
            throw invalid("stream: Input should be a valid boolean");
        }
    }

    /** The same for {@code max_tokens}. */
    public void requireMaxTokens() {
        require(maxTokens, JsonParser.Event.VALUE_NUMBER, "max_tokens", "integer");
        if (maxTokensValue.scale() > 0 && maxTokensValue.stripTrailingZeros().scale() > 0) {
            throw invalid("max_tokens: Input should be a valid integer");
        }
        if (maxTokensValue.compareTo(LARGEST_INTEGER) > 0) {
            throw invalid("max_tokens: Input should be less than or equal to " + LARGEST_INTEGER);
        }
        if (maxTokensValue.signum() < 0) {
            throw invalid("max_tokens: Input should be greater than or equal to 0");
        }
    }

    /** What a batch does not take, besides what no message may have. */
    public void requireFitForBatch() {
        requireCommon();
        requireMaxTokens();
        if (isStreaming()) {
            throw invalid("stream: a batch cannot be streamed");
        }
        if (maxTokensValue.signum() == 0) {
            throw invalid("max_tokens: Input should be greater than 0 in a batch");
        }
        if (notInBatches != null) {
            throw invalid(notInBatches + ": not available in a batch");
        }
    }

    private static void require(JsonParser.Event value, JsonParser.Event wanted, String key, String type) {
        if (value == null) {
            throw invalid(key + ": Field required");
        }
        if (value != wanted) {
            throw invalid(key + ": Input should be a valid " + type);
        }
    }
}
