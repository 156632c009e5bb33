package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ByteOrderMark;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageFields;
import io.github.claudejakarta.claude.UnmarkedInput;
import io.github.claudejakarta.runtime.Room;
import io.github.claudejakarta.runtime.WholeBody;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The body of a Messages request on its way through: its bytes, which go upstream as they came, and the little that has
 * to be known of them. What is plainly wrong is refused; what only Claude can judge is passed on.
 */
public final class MessagesBody {

    /** Anthropic's limit; a larger body is refused by the API's edge. */
    public static final int MAX_BYTES = 32 << 20;

    private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] IN_FRONT = "\"stream\":true,".getBytes(StandardCharsets.US_ASCII);

    /** The array that has the body, which may have more. */
    private final byte[] bytes;

    private final int offset;
    private final int length;
    private final MessageFields fields;

    private MessagesBody(byte[] bytes, int offset, int length, MessageFields fields) {
        this.bytes = bytes;
        this.offset = offset;
        this.length = length;
        this.fields = fields;
    }

    /**
     * Reads a body of {@code POST /v1/messages}.
     *
     * @param declaredLength the {@code Content-Length}, or -1
     * @param room for its bytes
     * @throws ClaudeException {@code request_too_large} or {@code invalid_request_error}, which says what is wrong
     */
    public static MessagesBody ofMessages(InputStream in, long declaredLength, Room room) {
        byte[] bytes = bytes(in, declaredLength, MAX_BYTES, room);
        return ofMessages(bytes, 0, bytes.length);
    }

    /**
     * Checks a body of {@code POST /v1/messages} that is in memory, and may begin with a byte order mark.
     *
     * @throws ClaudeException {@code request_too_large} or {@code invalid_request_error}, which says what is wrong
     */
    public static MessagesBody ofMessages(byte[] bytes) {
        int mark = ByteOrderMark.length(bytes, 0, bytes.length);
        return ofMessages(bytes, mark, bytes.length - mark);
    }

    /**
     * Checks a body of {@code POST /v1/messages} that is a part of an array.
     *
     * @throws ClaudeException {@code request_too_large} or {@code invalid_request_error}, which says what is wrong
     */
    public static MessagesBody ofMessages(byte[] bytes, int offset, int length) {
        MessagesBody body = of(bytes, offset, length);
        body.fields.requireMaxTokens();
        return body;
    }

    /** Reads a body of {@code count_tokens}, where {@code max_tokens} is not required. */
    public static MessagesBody ofCountTokens(InputStream in, long declaredLength, Room room) {
        byte[] bytes = bytes(in, declaredLength, MAX_BYTES, room);
        return of(bytes, 0, bytes.length);
    }

    private static MessagesBody of(byte[] bytes, int offset, int length) {
        if (length > MAX_BYTES) {
            throw tooLarge();
        }
        MessageFields fields = MessageFields.of(bytes, offset, length);
        fields.requireCommon();
        return new MessagesBody(bytes, offset, length, fields);
    }

    /**
     * Reads a body that is, or has, a message, up to a limit, without the byte order mark that it may begin with.
     *
     * @param declaredLength the {@code Content-Length}, or -1
     * @param room for its bytes
     * @throws ClaudeException {@code request_too_large}; {@code invalid_request_error} if it breaks off
     */
    public static byte[] bytes(InputStream in, long declaredLength, int limit, Room room) {
        if (declaredLength > limit) {
            throw tooLarge();
        }
        try {
            var unmarked = new UnmarkedInput(in);
            long length = declaredLength < 0 ? declaredLength : Math.max(0, declaredLength - unmarked.markLength());
            byte[] bytes = WholeBody.read(unmarked, length, limit, room);
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

    /** The bytes as they came; not a copy, unless they are a part of an array. */
    public byte[] bytes() {
        return offset == 0 && length == bytes.length ? bytes : Arrays.copyOfRange(bytes, offset, offset + length);
    }

    /** The model that is asked for. */
    public String model() {
        return fields.model();
    }

    public boolean isStreaming() {
        return fields.isStreaming();
    }

    /**
     * The bytes with {@code "stream": true}, which is put in front unless it is there. They are a copy, for which room
     * is taken beside the array that has the body; unless they are that array. The array is expected to be let go.
     */
    public byte[] streamingBytes(Room room) {
        boolean isWhole = offset == 0 && length == bytes.length;
        if (isStreaming() && isWhole) {
            return bytes;
        }
        int to = fields.saysStream() ? fields.streamEnds() : afterBrace();
        int from = fields.saysStream() ? fields.streamBegins() : to;
        byte[] turnedOn = fields.saysStream() ? TRUE : IN_FRONT;
        int before = from - offset;
        int after = offset + length - to;
        room.exactly((long) bytes.length + before + turnedOn.length + after);
        byte[] streaming = new byte[before + turnedOn.length + after];
        System.arraycopy(bytes, offset, streaming, 0, before);
        System.arraycopy(turnedOn, 0, streaming, before, turnedOn.length);
        System.arraycopy(bytes, to, streaming, before + turnedOn.length, after);
        room.exactly(streaming.length);
        return streaming;
    }

    private int afterBrace() {
        int at = offset;
        while (bytes[at] != '{') {
            at++;
        }
        return at + 1;
    }
}
