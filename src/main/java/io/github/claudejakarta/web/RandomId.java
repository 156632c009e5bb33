package io.github.claudejakarta.web;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Ids that nobody can guess: 128 random bits, after a prefix that says of what. */
public final class RandomId {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BYTES = 16;

    private RandomId() {}

    /** @param prefix with its separator, as {@code stream_} */
    public static String of(String prefix) {
        byte[] id = new byte[BYTES];
        RANDOM.nextBytes(id);
        return prefix + HexFormat.of().formatHex(id);
    }

    /** Whether it may be an id with that prefix; what may not need not be looked for. */
    public static boolean isOne(String prefix, String id) {
        return id.length() == prefix.length() + 2 * BYTES
                && id.startsWith(prefix)
                && id.chars()
                        .skip(prefix.length())
                        .allMatch(digit -> digit >= '0' && digit <= '9' || digit >= 'a' && digit <= 'f');
    }
}
