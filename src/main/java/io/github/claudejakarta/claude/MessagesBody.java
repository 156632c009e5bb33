package io.github.claudejakarta.claude;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * The body of a Messages request: its bytes, which are forwarded as they arrived, and the few fields that the server
 * needs. A body with plain errors is rejected; everything else is left for Claude to judge.
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
     * Checks a body of {@code POST /v1/messages} that may begin with a byte order mark.
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

    /**
     * Checks a body of {@code count_tokens}, where {@code max_tokens} is not required.
     *
     * @throws ClaudeException {@code request_too_large} or {@code invalid_request_error}, which says what is wrong
     */
    public static MessagesBody ofCountTokens(byte[] bytes) {
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

    /** Returns the error for a body that exceeds {@link #MAX_BYTES}. */
    public static ClaudeException tooLarge() {
        return ClaudeException.of(ErrorType.REQUEST_TOO_LARGE, "Request exceeds the maximum size of 32 MB");
    }

    /** Returns the bytes as they arrived; not a copy, unless they are a part of an array. */
    public byte[] bytes() {
        return offset == 0 && length == bytes.length ? bytes : Arrays.copyOfRange(bytes, offset, offset + length);
    }

    /** The model that is requested. */
    public String model() {
        return fields.model();
    }

    public boolean isStreaming() {
        return fields.isStreaming();
    }

    /**
     * Returns the bytes with {@code "stream": true}, which is put in front unless it is there. They are a copy, unless
     * the body is a whole array that asks for a stream already. The caller is expected to release the array of this
     * body.
     *
     * @param held accepts how many bytes are in memory, before and after a copy is made; may throw
     */
    public byte[] streamingBytes(LongConsumer held) {
        boolean isWhole = offset == 0 && length == bytes.length;
        if (isStreaming() && isWhole) {
            return bytes;
        }
        int to = fields.saysStream() ? fields.streamEnds() : afterBrace(bytes, offset);
        int from = fields.saysStream() ? fields.streamBegins() : to;
        byte[] turnedOn = fields.saysStream() ? TRUE : IN_FRONT;
        int before = from - offset;
        int after = offset + length - to;
        held.accept((long) bytes.length + before + turnedOn.length + after);
        byte[] streaming = new byte[before + turnedOn.length + after];
        System.arraycopy(bytes, offset, streaming, 0, before);
        System.arraycopy(turnedOn, 0, streaming, before, turnedOn.length);
        System.arraycopy(bytes, to, streaming, before + turnedOn.length, after);
        held.accept(streaming.length);
        return streaming;
    }

    /** Returns the text of a request with another {@code stream}, which is put in front unless it is there. */
    static String withStream(byte[] request, boolean stream) {
        MessageFields fields = MessageFields.of(request);
        int to = fields.saysStream() ? fields.streamEnds() : afterBrace(request, 0);
        int from = fields.saysStream() ? fields.streamBegins() : to;
        return new String(request, 0, from, StandardCharsets.UTF_8)
                + (fields.saysStream() ? Boolean.toString(stream) : "\"stream\":" + stream + ",")
                + new String(request, to, request.length - to, StandardCharsets.UTF_8);
    }

    private static int afterBrace(byte[] bytes, int offset) {
        int at = offset;
        while (bytes[at] != '{') {
            at++;
        }
        return at + 1;
    }
}
