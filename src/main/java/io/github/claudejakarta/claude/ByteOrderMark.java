package io.github.claudejakarta.claude;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The byte order mark in UTF-8, EF BB BF: some programs begin a text with it, and readers of JSON may pass over it (RFC
 * 8259, section 8.1).
 */
public final class ByteOrderMark {

    /** In bytes. */
    public static final int LENGTH = 3;

    private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private static final String JSON_BEGINS = "{[\" \t\r\n";

    private ByteOrderMark() {}

    /** Returns how many bytes the mark takes at the beginning of a text: {@value #LENGTH}, or 0 without a mark. */
    public static int length(byte[] text, int offset, int length) {
        return length >= LENGTH && Arrays.equals(text, offset, offset + LENGTH, MARK, 0, LENGTH) ? LENGTH : 0;
    }

    /** Whether bytes, at most {@value #LENGTH}, are those that the mark begins with. */
    public static boolean isBeginning(byte[] bytes, int offset, int length) {
        return Arrays.equals(bytes, offset, offset + length, MARK, 0, length);
    }

    /** Decodes UTF-8 without the mark. */
    public static String decode(byte[] text) {
        int from = length(text, 0, text.length);
        return new String(text, from, text.length - from, StandardCharsets.UTF_8);
    }

    /**
     * Whether a text begins as UTF-16 does: with a mark of its own, or, because JSON begins in ASCII, with a NUL beside
     * its first character.
     */
    public static boolean isUtf16(byte[] text, int offset, int length) {
        if (length < 2) {
            return false;
        }
        int first = text[offset] & 0xff;
        int second = text[offset + 1] & 0xff;
        return first == 0xFE && second == 0xFF
                || first == 0xFF && second == 0xFE
                || first == 0 && JSON_BEGINS.indexOf(second) >= 0
                || second == 0 && JSON_BEGINS.indexOf(first) >= 0;
    }
}
