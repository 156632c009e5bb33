package io.github.claudejakarta.claude;

import jakarta.json.stream.JsonParser;
import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.Set;

/**
 * The few fields of a Messages request that the server needs. A request with obvious errors is rejected; Claude checks
 * the rest. If a key occurs twice, the last one counts.
 *
 * <p>A pull parser reads the text once. No tree is built, because the text may have 32 MB.
 */
public final class MessageFields {

    private static final BigDecimal MAX_INTEGER = BigDecimal.valueOf(Integer.MAX_VALUE);

    /**
     * The valid values of {@code stream}. Null counts as absent, because serializers write it for a field that was not
     * set.
     */
    private static final Set<JsonParser.Event> STREAM_VALUES =
            EnumSet.of(JsonParser.Event.VALUE_TRUE, JsonParser.Event.VALUE_FALSE, JsonParser.Event.VALUE_NULL);

    /** Anthropic's limit in characters. The name is written to logs and traces. */
    private static final int MAX_MODEL_LENGTH = 256;

    private JsonParser.Event model;
    private String modelName = "";
    private JsonParser.Event messages;
    private boolean hasMessages;
    private JsonParser.Event maxTokens;
    private BigDecimal maxTokensValue = BigDecimal.ZERO;
    private JsonParser.Event stream;
    private int streamEnd;
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
     * Reads a body that is one part of an array.
     *
     * @throws ClaudeException {@code invalid_request_error} if it is not a JSON object
     */
    public static MessageFields of(byte[] bytes, int offset, int length) {
        var fields = new MessageFields();
        try {
            JsonPull.object(bytes, offset, length, fields::readField);
        } catch (IllegalArgumentException e) {
            throw invalid("The request body is " + e.getMessage()).withCause(e);
        }
        return fields;
    }

    /** Reads an object whose start has been read. */
    public static MessageFields within(JsonParser parser) {
        var fields = new MessageFields();
        JsonPull.fields(parser, fields::readField);
        return fields;
    }

    private static ClaudeException invalid(String message) {
        return ClaudeException.of(ErrorType.INVALID_REQUEST, message);
    }

    /** Returns the requested model; empty if the request has no model. */
    public String model() {
        return modelName;
    }

    /** Whether {@code stream} is true. */
    public boolean isStreaming() {
        return stream == JsonParser.Event.VALUE_TRUE;
    }

    /** Whether the request has the field {@code stream}; its value may be null. */
    public boolean hasStream() {
        return stream != null;
    }

    /** Returns the index of the first byte of the value of {@code stream}. Requires {@link #hasStream()}. */
    public int streamStart() {
        return streamEnd
                - (stream == JsonParser.Event.VALUE_FALSE ? "false" : isStreaming() ? "true" : "null").length();
    }

    /** Returns the index after the last byte of the value of {@code stream}. Requires {@link #hasStream()}. */
    public int streamEnd() {
        return streamEnd;
    }

    private boolean readField(String name, JsonParser.Event value, JsonParser parser) {
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
                streamEnd = (int) parser.getLocation().getStreamOffset();
            }
            case "speed", "fallbacks" -> notInBatches = value == JsonParser.Event.VALUE_NULL ? notInBatches : name;
            default -> {}
        }
        return false;
    }

    /**
     * Checks the fields that every request needs.
     *
     * @throws ClaudeException {@code invalid_request_error}, which names the field
     */
    public void requireCommon() {
        require(model, JsonParser.Event.VALUE_STRING, "model", "string");
        if (modelName.isBlank()) {
            throw invalid("model: String should have at least 1 character");
        }
        if (modelName.length() > MAX_MODEL_LENGTH) {
            throw invalid("model: String should have at most " + MAX_MODEL_LENGTH + " characters");
        }
        require(messages, JsonParser.Event.START_ARRAY, "messages", "list");
        if (!hasMessages) {
            throw invalid("messages: at least one message is required");
        }
        if (stream != null && !STREAM_VALUES.contains(stream)) {
            throw invalid("stream: Input should be a valid boolean");
        }
    }

    /** Checks {@code max_tokens}: {@code invalid_request_error} if it is absent or not valid. */
    public void requireMaxTokens() {
        require(maxTokens, JsonParser.Event.VALUE_NUMBER, "max_tokens", "integer");
        if (maxTokensValue.scale() > 0 && maxTokensValue.stripTrailingZeros().scale() > 0) {
            throw invalid("max_tokens: Input should be a valid integer");
        }
        if (maxTokensValue.compareTo(MAX_INTEGER) > 0) {
            throw invalid("max_tokens: Input should be less than or equal to " + MAX_INTEGER);
        }
        if (maxTokensValue.signum() < 0) {
            throw invalid("max_tokens: Input should be greater than or equal to 0");
        }
    }

    /**
     * Checks all rules for a request in a batch: {@code invalid_request_error} for a field that batches do not accept.
     */
    public void requireValidForBatch() {
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
