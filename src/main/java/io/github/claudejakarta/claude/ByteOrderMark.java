package io.github.claudejakarta.claude;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The byte order mark in UTF-8, EF BB BF. Some programs write it at the beginning of a text, and readers of JSON may
 * ignore it (RFC 8259, section 8.1).
 */
public final class ByteOrderMark {

    /** The length of the mark in bytes. */
    public static final int LENGTH = 3;

    private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private static final String FIRST_OF_JSON = "{[\" \t\r\n";

    private ByteOrderMark() {}

    /** Returns the length of the mark at the beginning of a text in bytes: {@value #LENGTH}, or 0 without a mark. */
    public static int length(byte[] text, int offset, int length) {
        return length >= LENGTH && Arrays.equals(text, offset, offset + LENGTH, MARK, 0, LENGTH) ? LENGTH : 0;
    }

    /** Whether at most {@value #LENGTH} bytes are the first bytes of the mark. */
    public static boolean isBeginning(byte[] bytes, int offset, int length) {
        return Arrays.equals(bytes, offset, offset + length, MARK, 0, length);
    }

    /** Decodes UTF-8 without the mark. */
    public static String decode(byte[] text) {
        int from = length(text, 0, text.length);
        return new String(text, from, text.length - from, StandardCharsets.UTF_8);
    }

    /**
     * Whether a text looks like JSON in UTF-16: it begins with the mark of UTF-16, or with an ASCII character next to a
     * NUL byte.
     */
    public static boolean isUtf16(byte[] text, int offset, int length) {
        if (length < 2) {
            return false;
        }
        int first = text[offset] & 0xff;
        int second = text[offset + 1] & 0xff;
        return first == 0xFE && second == 0xFF
                || first == 0xFF && second == 0xFE
                || first == 0 && FIRST_OF_JSON.indexOf(second) >= 0
                || second == 0 && FIRST_OF_JSON.indexOf(first) >= 0;
    }
}
