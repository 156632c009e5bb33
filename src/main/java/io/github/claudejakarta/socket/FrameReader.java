package io.github.claudejakarta.socket;

import java.util.Arrays;

/**
 * Reads the frames that a client sends (RFC 6455, section 5). Two calls may split the bytes anywhere. The payload of
 * messages is passed on as it arrives. At most one control frame (125 bytes) is kept.
 *
 * <p>Used by one thread.
 */
final class FrameReader {

    /** Receives the contents of frames. */
    interface Events {

        /**
         * Called when a frame of a text message begins.
         *
         * @param bytes the length of the message so far, including the payload of this frame
         */
        void announced(long bytes);

        /** Called for a part of a text message. Parts may split a character. The array is reused after the call. */
        void text(byte[] bytes, int offset, int length, boolean isLast);

        /** Called when a binary message begins. Its payload is not passed on. */
        void binary();

        void ping(byte[] payload);

        /** Called when the client closes the socket. No call follows. */
        void closed();
    }

    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;
    private static final int MAX_CONTROL = 125;
    private static final int LENGTH_IN_16_BITS = 126;
    private static final int LENGTH_IN_64_BITS = 127;

    private final Events events;

    private final byte[] header = new byte[14];
    private int headerLength;
    private int headerExpected = 2;
    private final byte[] mask = new byte[4];
    private long payloadLength;
    private long payloadRead;
    private int opcode;
    private boolean isFinal;
    private final byte[] control = new byte[MAX_CONTROL];

    /** The opcode of the message whose frames are arriving; {@link #CONTINUATION} between two messages. */
    private int message = CONTINUATION;

    private long messageLength;
    private Utf8Check utf8 = new Utf8Check();
    private boolean isClosed;

    FrameReader(Events events) {
        this.events = events;
    }

    /**
     * Reads bytes and unmasks them in place. Bytes after a close frame are ignored.
     *
     * @throws FrameException if the bytes violate the protocol; the reader must not be used again
     */
    void read(byte[] bytes, int offset, int length) throws FrameException {
        int at = offset;
        int end = offset + length;
        while (at < end && !isClosed) {
            if (headerLength < headerExpected) {
                header[headerLength++] = bytes[at++];
                if (headerLength == 2) {
                    begin();
                }
                if (headerLength == headerExpected) {
                    completeHeader();
                }
            } else {
                int count = (int) Math.min(end - at, payloadLength - payloadRead);
                payload(bytes, at, count);
                at += count;
            }
        }
    }

    /** Checks the first two bytes, which contain the length of the header. */
    private void begin() throws FrameException {
        isFinal = (header[0] & 0x80) != 0;
        opcode = header[0] & 0x0F;
        require((header[0] & 0x70) == 0, "A reserved bit of a frame is set, but no extension was negotiated");
        require((header[1] & 0x80) != 0, "A frame is not masked. A client must mask its frames.");
        int length = header[1] & 0x7F;
        switch (opcode) {
            case TEXT, BINARY -> require(message == CONTINUATION, "A message begins before the previous one has ended");
            case CONTINUATION -> require(message != CONTINUATION, "A continuation frame has no message to continue");
            case CLOSE, PING, PONG ->
                require(isFinal && length <= MAX_CONTROL, "A control frame is fragmented or too long");
            default -> throw new FrameException(CloseCode.PROTOCOL_ERROR, "Unknown opcode " + opcode);
        }
        headerExpected = 2 + mask.length + (length == LENGTH_IN_16_BITS ? 2 : length == LENGTH_IN_64_BITS ? 8 : 0);
    }

    private void completeHeader() throws FrameException {
        payloadLength = payloadLength();
        payloadRead = 0;
        System.arraycopy(header, headerExpected - mask.length, mask, 0, mask.length);
        if (opcode == TEXT || opcode == BINARY) {
            message = opcode;
            messageLength = 0;
            utf8 = new Utf8Check();
        }
        if (opcode == BINARY) {
            events.binary();
        } else if (isText()) {
            messageLength += payloadLength;
            events.announced(messageLength);
        }
        if (payloadLength == 0) {
            payload(header, 0, 0);
        }
    }

    private long payloadLength() throws FrameException {
        int length = header[1] & 0x7F;
        if (length < LENGTH_IN_16_BITS) {
            return length;
        }
        long value = 0;
        for (int i = 2; i < headerExpected - mask.length; i++) {
            value = value << 8 | header[i] & 0xFF;
        }
        require(
                value >= (length == LENGTH_IN_16_BITS ? LENGTH_IN_16_BITS : 1 << 16),
                "The length of a frame is not encoded in its shortest form");
        return value;
    }

    private boolean isText() {
        return opcode <= BINARY && message == TEXT;
    }

    private void payload(byte[] bytes, int offset, int count) throws FrameException {
        for (int i = 0; i < count; i++) {
            bytes[offset + i] ^= mask[(int) (payloadRead + i & 3)];
        }
        if (opcode > BINARY) {
            System.arraycopy(bytes, offset, control, (int) payloadRead, count);
        }
        payloadRead += count;
        boolean isComplete = payloadRead == payloadLength;
        if (isComplete) {
            headerLength = 0;
            headerExpected = 2;
        }
        if (isText()) {
            text(bytes, offset, count, isComplete && isFinal);
        } else if (isComplete && opcode > BINARY) {
            control();
        }
        if (isComplete && isFinal && opcode <= BINARY) {
            message = CONTINUATION;
        }
    }

    private void text(byte[] bytes, int offset, int count, boolean isLast) throws FrameException {
        if (!utf8.accepts(bytes, offset, count) || isLast && !utf8.isComplete()) {
            throw new FrameException(CloseCode.INVALID_TEXT, "A text message is not UTF-8");
        }
        events.text(bytes, offset, count, isLast);
    }

    private void control() throws FrameException {
        byte[] payload = Arrays.copyOf(control, (int) payloadLength);
        switch (opcode) {
            case PING -> events.ping(payload);
            case CLOSE -> {
                requireCloseCode(payload);
                isClosed = true;
                events.closed();
            }
            default -> {} // A pong needs no answer.
        }
    }

    private static void requireCloseCode(byte[] payload) throws FrameException {
        if (payload.length == 0) {
            return;
        }
        require(payload.length >= 2, "A close frame has a code of one byte instead of two");
        int code = (payload[0] & 0xFF) << 8 | payload[1] & 0xFF;
        boolean isReserved = code >= 1004 && code <= 1006;
        require(
                code >= 1000 && code <= 1014 && !isReserved || code >= 3000 && code <= 4999,
                "A close frame has the code " + code + ", which is not allowed");
        var reason = new Utf8Check();
        if (!reason.accepts(payload, 2, payload.length - 2) || !reason.isComplete()) {
            throw new FrameException(CloseCode.INVALID_TEXT, "The reason in a close frame is not UTF-8");
        }
    }

    private static void require(boolean isTrue, String otherwise) throws FrameException {
        if (!isTrue) {
            throw new FrameException(CloseCode.PROTOCOL_ERROR, otherwise);
        }
    }
}
