package io.github.claudejakarta.socket;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Builds the bytes of frames as a client sends them. */
final class ClientFrames {

    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    private static final byte[] MASK = {0x12, (byte) 0xF4, 0x00, 0x7B};

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    ClientFrames add(int opcode, boolean isFinal, byte[] payload) {
        head(opcode, isFinal, payload.length);
        for (int i = 0; i < payload.length; i++) {
            bytes.write(payload[i] ^ MASK[i & 3]);
        }
        return this;
    }

    ClientFrames text(String text) {
        return add(TEXT, true, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Adds a header. The payload is added separately, or not at all. */
    ClientFrames head(int opcode, boolean isFinal, long length) {
        bytes.write((isFinal ? 0x80 : 0) | opcode);
        int size = length < 126 ? 0 : length < 1 << 16 ? 2 : 8;
        return length(size == 0 ? (int) length : size == 2 ? 126 : 127, length, size);
    }

    private ClientFrames length(int first, long length, int size) {
        bytes.write(0x80 | first);
        for (int i = size - 1; i >= 0; i--) {
            bytes.write((int) (length >> 8 * i));
        }
        bytes.writeBytes(MASK);
        return this;
    }

    /** Adds a header whose length is encoded in a given form. */
    ClientFrames lengthInForm(int first, long length, int size) {
        bytes.write(0x80 | TEXT);
        return length(first, length, size);
    }

    ClientFrames raw(int... values) {
        for (int value : values) {
            bytes.write(value);
        }
        return this;
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }
}
