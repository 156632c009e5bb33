package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParserFactory;
import jakarta.json.spi.JsonProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The body of a Messages request on its way through: its bytes, which go upstream as they came, and the little that has to be
 * known of them. What is plainly wrong is refused; what only Claude can judge is passed on.
 *
 * <p>The text is gone through once by a pull parser and no tree of it is built: it may have 32 MB.
 */
public final class MessagesBody {

    /** Anthropic's limit; a larger body is refused by the API's edge. */
    public static final int MAX_BYTES = 32 << 20;

    private static final JsonParserFactory PARSERS = JsonProvider.provider().createParserFactory(Map.of());

    private static final Pattern STREAM_OFF = Pattern.compile("\"stream\"\\s*:\\s*(false)");

    private final byte[] bytes;
    private final TopLevel topLevel;

    private MessagesBody(byte[] bytes, TopLevel topLevel) {
        this.bytes = bytes;
        this.topLevel = topLevel;
    }

    /**
     * Reads a body of {@code POST /v1/messages}.
     *
     * @param declaredLength the {@code Content-Length}, or -1
     * @throws ClaudeException {@code request_too_large} or {@code invalid_request_error}, which says what is wrong
     */
    public static MessagesBody ofMessages(InputStream in, long declaredLength) {
        MessagesBody body = read(in, declaredLength);
        body.topLevel.requireMaxTokens();
        return body;
    }

    /** The same for {@code count_tokens}, where {@code max_tokens} is not asked for. */
    public static MessagesBody ofCountTokens(InputStream in, long declaredLength) {
        return read(in, declaredLength);
    }

    private static MessagesBody read(InputStream in, long declaredLength) {
        if (declaredLength > MAX_BYTES) {
            throw tooLarge();
        }
        try {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw tooLarge();
            }
            TopLevel topLevel = TopLevel.of(bytes);
            topLevel.requireCommon();
            return new MessagesBody(bytes, topLevel);
        } catch (IOException e) {
            throw invalid("The request body could not be read").withCause(e);
        }
    }

    private static ClaudeException tooLarge() {
        return ClaudeException.of(ErrorType.REQUEST_TOO_LARGE, "Request exceeds the maximum size of 32 MB");
    }

    private static ClaudeException invalid(String message) {
        return ClaudeException.of(ErrorType.INVALID_REQUEST, message);
    }

    /** The bytes as they came. */
    public byte[] bytes() {
        return bytes;
    }

    public boolean isStreaming() {
        return topLevel.stream == JsonParser.Event.VALUE_TRUE;
    }

    /** The bytes with {@code "stream": true}, which is put in front unless it is there. */
    public byte[] streamingBytes() {
        if (isStreaming()) {
            return bytes;
        }
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return (topLevel.stream == null ? withStreamInFront(text) : withStreamTurnedOn(text))
            .getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String withStreamInFront(String text) {
        int brace = text.indexOf('{');
        return text.substring(0, brace + 1) + "\"stream\":true," + text.substring(brace + 1);
    }

    /** Puts {@code true} in place of the {@code stream} of the outermost object, in a text that is known to be JSON. */
    private static String withStreamTurnedOn(String text) {
        var streaming = new StringBuilder(text);
        boolean isFound = false;
        int depth = 0;
        for (int at = 0; at < streaming.length(); at++) {
            switch (streaming.charAt(at)) {
                case '{', '[' -> depth++;
                case '}', ']' -> depth--;
                case '"' -> {
                    int end = endOfString(streaming, at);
                    Matcher off = STREAM_OFF.matcher(streaming).region(at, streaming.length());
                    if (depth == 1 && off.lookingAt()) {
                        streaming.replace(off.start(1), off.end(1), "true");
                        isFound = true;
                    }
                    at = end;
                }
                default -> { }
            }
        }
        if (!isFound) {
            // The key was written with escapes; of a key that is there twice, the last counts.
            streaming.insert(streaming.lastIndexOf("}"), ",\"stream\":true");
        }
        return streaming.toString();
    }

    /** Where the quote is that closes the string which another one opened. */
    private static int endOfString(CharSequence text, int opening) {
        int at = opening + 1;
        while (text.charAt(at) != '"') {
            at += text.charAt(at) == '\\' ? 2 : 1;
        }
        return at;
    }

    /** What the outermost object has; of a key that is there twice, the last counts, as everywhere. */
    private static final class TopLevel {

        private static final BigDecimal LARGEST_INTEGER = BigDecimal.valueOf(Integer.MAX_VALUE);

        private JsonParser.Event model;
        private String modelName = "";
        private JsonParser.Event messages;
        private boolean hasMessages;
        private JsonParser.Event maxTokens;
        private BigDecimal maxTokensValue = BigDecimal.ZERO;
        private JsonParser.Event stream;

        static TopLevel of(byte[] bytes) {
            var topLevel = new TopLevel();
            try (JsonParser parser = PARSERS.createParser(new ByteArrayInputStream(bytes), StandardCharsets.UTF_8)) {
                if (!parser.hasNext() || parser.next() != JsonParser.Event.START_OBJECT) {
                    throw invalid("The request body is not a JSON object");
                }
                topLevel.read(parser);
                if (parser.hasNext()) {
                    parser.next();
                }
            } catch (ClaudeException e) {
                throw e;
            } catch (RuntimeException e) {
                // not JsonException alone: the parser has limits of its own, and says so in plain exceptions
                throw invalid("The request body is not valid JSON: " + e.getMessage()).withCause(e);
            }
            return topLevel;
        }

        private void read(JsonParser parser) {
            for (JsonParser.Event key = parser.next(); key != JsonParser.Event.END_OBJECT; key = parser.next()) {
                String name = parser.getString();
                JsonParser.Event value = parser.next();
                take(name, value, parser);
                if (isStart(value)) {
                    int inside = skip(parser);
                    hasMessages = name.equals("messages") ? inside > 0 : hasMessages;
                }
            }
        }

        /**
         * Goes on to the end of the object or array that has begun. Not by the parser's own {@code skipObject}: Parsson's looks
         * for brackets alone, and for ever where one is missing.
         *
         * @return how many values and keys it had
         */
        private static int skip(JsonParser parser) {
            int depth = 1;
            int seen = -1;
            while (depth > 0) {
                JsonParser.Event event = parser.next();
                seen++;
                if (isStart(event)) {
                    depth++;
                } else if (event == JsonParser.Event.END_OBJECT || event == JsonParser.Event.END_ARRAY) {
                    depth--;
                }
            }
            return seen;
        }

        private static boolean isStart(JsonParser.Event event) {
            return event == JsonParser.Event.START_OBJECT || event == JsonParser.Event.START_ARRAY;
        }

        private void take(String name, JsonParser.Event value, JsonParser parser) {
            switch (name) {
                case "model" -> {
                    model = value;
                    modelName = value == JsonParser.Event.VALUE_STRING ? parser.getString() : "";
                }
                case "messages" -> messages = value;
                case "max_tokens" -> {
                    maxTokens = value;
                    maxTokensValue = value == JsonParser.Event.VALUE_NUMBER ? parser.getBigDecimal() : BigDecimal.ZERO;
                }
                case "stream" -> stream = value;
                default -> { }
            }
        }

        void requireCommon() {
            require(model, JsonParser.Event.VALUE_STRING, "model", "string");
            if (modelName.isBlank()) {
                throw invalid("model: String should have at least 1 character");
            }
            require(messages, JsonParser.Event.START_ARRAY, "messages", "list");
            if (!hasMessages) {
                throw invalid("messages: at least one message is required");
            }
            if (stream != null && stream != JsonParser.Event.VALUE_TRUE && stream != JsonParser.Event.VALUE_FALSE) {
                throw invalid("stream: Input should be a valid boolean");
            }
        }

        void requireMaxTokens() {
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

        private static void require(JsonParser.Event value, JsonParser.Event wanted, String key, String type) {
            if (value == null) {
                throw invalid(key + ": Field required");
            }
            if (value != wanted) {
                throw invalid(key + ": Input should be a valid " + type);
            }
        }
    }
}
