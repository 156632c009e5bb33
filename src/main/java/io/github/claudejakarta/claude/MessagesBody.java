package io.github.claudejakarta.claude;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * The body of a Messages request: its bytes, which are forwarded unchanged, and the few fields that the server needs. A
 * body with obvious errors is rejected; Claude checks the rest.
 */
public final class MessagesBody {

    /** Anthropic's limit. The API rejects a larger body. */
    public static final int MAX_BYTES = 32 << 20;

    private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] INSERTED = "\"stream\":true,".getBytes(StandardCharsets.US_ASCII);

    /** The array that contains the body, and possibly other bytes. */
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
     * Checks a body of {@code POST /v1/messages} that is one part of an array.
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

    /** Returns the bytes as they arrived. They are a copy only if the body is one part of an array. */
    public byte[] bytes() {
        return offset == 0 && length == bytes.length ? bytes : Arrays.copyOfRange(bytes, offset, offset + length);
    }

    /** Returns the requested model. */
    public String model() {
        return fields.model();
    }

    public boolean isStreaming() {
        return fields.isStreaming();
    }

    /**
     * Returns the bytes with {@code "stream": true}, which is inserted at the beginning if the field is absent. They
     * are a copy, unless the body is a whole array that already requests a stream. The caller releases the array of
     * this body.
     *
     * @param memory receives the number of bytes in memory, before and after a copy is made; may throw
     */
    public byte[] streamingBytes(LongConsumer memory) {
        boolean isWhole = offset == 0 && length == bytes.length;
        if (isStreaming() && isWhole) {
            return bytes;
        }
        int to = fields.hasStream() ? fields.streamEnd() : afterBrace(bytes, offset);
        int from = fields.hasStream() ? fields.streamStart() : to;
        byte[] replacement = fields.hasStream() ? TRUE : INSERTED;
        int head = from - offset;
        int tail = offset + length - to;
        memory.accept((long) bytes.length + head + replacement.length + tail);
        byte[] streaming = new byte[head + replacement.length + tail];
        System.arraycopy(bytes, offset, streaming, 0, head);
        System.arraycopy(replacement, 0, streaming, head, replacement.length);
        System.arraycopy(bytes, to, streaming, head + replacement.length, tail);
        memory.accept(streaming.length);
        return streaming;
    }

    /**
     * Returns the text of a request with another value of {@code stream}, which is inserted at the beginning if it is
     * absent.
     */
    static String withStream(byte[] request, boolean stream) {
        MessageFields fields = MessageFields.of(request);
        int to = fields.hasStream() ? fields.streamEnd() : afterBrace(request, 0);
        int from = fields.hasStream() ? fields.streamStart() : to;
        return new String(request, 0, from, StandardCharsets.UTF_8)
                + (fields.hasStream() ? Boolean.toString(stream) : "\"stream\":" + stream + ",")
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
