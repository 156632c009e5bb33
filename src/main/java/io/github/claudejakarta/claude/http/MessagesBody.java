package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageFields;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The body of a Messages request on its way through: its bytes, which go upstream as they came, and the little that has to be
 * known of them. What is plainly wrong is refused; what only Claude can judge is passed on.
 */
public final class MessagesBody {

    /** Anthropic's limit; a larger body is refused by the API's edge. */
    public static final int MAX_BYTES = 32 << 20;

    private static final Pattern STREAM_OFF = Pattern.compile("\"stream\"\\s*:\\s*(false)");

    private final byte[] bytes;
    private final MessageFields fields;

    private MessagesBody(byte[] bytes, MessageFields fields) {
        this.bytes = bytes;
        this.fields = fields;
    }

    /**
     * Reads a body of {@code POST /v1/messages}.
     *
     * @param declaredLength the {@code Content-Length}, or -1
     * @throws ClaudeException {@code request_too_large} or {@code invalid_request_error}, which says what is wrong
     */
    public static MessagesBody ofMessages(InputStream in, long declaredLength) {
        MessagesBody body = read(in, declaredLength);
        body.fields.requireMaxTokens();
        return body;
    }

    /** The same for {@code count_tokens}, where {@code max_tokens} is not asked for. */
    public static MessagesBody ofCountTokens(InputStream in, long declaredLength) {
        return read(in, declaredLength);
    }

    private static MessagesBody read(InputStream in, long declaredLength) {
        byte[] bytes = bytes(in, declaredLength, MAX_BYTES);
        MessageFields fields = MessageFields.of(bytes);
        fields.requireCommon();
        return new MessagesBody(bytes, fields);
    }

    /**
     * Reads a body that is, or has, a message, up to a limit.
     *
     * @param declaredLength the {@code Content-Length}, or -1
     * @throws ClaudeException {@code request_too_large}; {@code invalid_request_error} if it breaks off
     */
    public static byte[] bytes(InputStream in, long declaredLength, int limit) {
        if (declaredLength > limit) {
            throw tooLarge();
        }
        try {
            byte[] bytes = in.readNBytes(limit + 1);
            if (bytes.length > limit) {
                throw tooLarge();
            }
            return bytes;
        } catch (IOException e) {
            throw invalid("The request body could not be read").withCause(e);
        }
    }

    /** What a longer body is refused with. */
    public static ClaudeException tooLarge() {
        return ClaudeException.of(ErrorType.REQUEST_TOO_LARGE, "Request exceeds the maximum size of 32 MB");
    }

    private static ClaudeException invalid(String message) {
        return ClaudeException.of(ErrorType.INVALID_REQUEST, message);
    }

    /** The bytes as they came. */
    public byte[] bytes() {
        return bytes;
    }

    /** The model that is asked for. */
    public String model() {
        return fields.model();
    }

    public boolean isStreaming() {
        return fields.isStreaming();
    }

    /** The bytes with {@code "stream": true}, which is put in front unless it is there. */
    public byte[] streamingBytes() {
        if (isStreaming()) {
            return bytes;
        }
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return (fields.saysStream() ? withStreamTurnedOn(text) : withStreamInFront(text))
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
}
