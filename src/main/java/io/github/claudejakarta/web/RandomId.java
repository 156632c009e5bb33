package io.github.claudejakarta.web;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Makes ids that cannot be guessed: a prefix for the kind of resource, and 128 random bits. */
public final class RandomId {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BYTES = 16;

    private RandomId() {}

    /**
     * Returns a new id.
     *
     * @param prefix the prefix with its separator, for example {@code stream_}
     */
    public static String of(String prefix) {
        byte[] id = new byte[BYTES];
        RANDOM.nextBytes(id);
        return prefix + HexFormat.of().formatHex(id);
    }

    /** Returns whether a text has the form of an id with this prefix. An id of another form does not exist. */
    public static boolean isValid(String prefix, String id) {
        return id.length() == prefix.length() + 2 * BYTES
                && id.startsWith(prefix)
                && id.chars()
                        .skip(prefix.length())
                        .allMatch(digit -> digit >= '0' && digit <= '9' || digit >= 'a' && digit <= 'f');
    }
}
