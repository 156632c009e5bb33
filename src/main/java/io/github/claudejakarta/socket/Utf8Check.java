package io.github.claudejakarta.socket;

/**
 * Checks that arriving bytes are UTF-8 (RFC 3629). Two calls may split a character anywhere.
 *
 * <p>Used by one thread.
 */
final class Utf8Check {

    private static final int CONTINUATION_MIN = 0x80;
    private static final int CONTINUATION_MAX = 0xBF;

    /** The bytes that the current character still needs. */
    private int missing;
    /** The range of the next byte of the current character. */
    private int min = CONTINUATION_MIN;

    private int max = CONTINUATION_MAX;

    /**
     * Returns whether these bytes can follow the previous ones. After {@code false} the check must not be used again.
     */
    boolean accepts(byte[] bytes, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            if (missing == 0 && bytes[i] >= 0) {
                continue;
            }
            int next = bytes[i] & 0xFF;
            if (missing > 0 ? !continues(next) : !begins(next)) {
                return false;
            }
        }
        return true;
    }

    private boolean continues(int next) {
        boolean isInRange = next >= min && next <= max;
        missing--;
        min = CONTINUATION_MIN;
        max = CONTINUATION_MAX;
        return isInRange;
    }

    /** The second byte's range excludes overlong forms, surrogates, and code points above U+10FFFF. */
    private boolean begins(int lead) {
        if (lead >= 0xC2 && lead <= 0xDF) {
            missing = 1;
        } else if (lead >= 0xE0 && lead <= 0xEF) {
            missing = 2;
            min = lead == 0xE0 ? 0xA0 : CONTINUATION_MIN;
            max = lead == 0xED ? 0x9F : CONTINUATION_MAX;
        } else if (lead >= 0xF0 && lead <= 0xF4) {
            missing = 3;
            min = lead == 0xF0 ? 0x90 : CONTINUATION_MIN;
            max = lead == 0xF4 ? 0x8F : CONTINUATION_MAX;
        } else {
            return false;
        }
        return true;
    }

    /** Returns whether the last character is complete. */
    boolean isComplete() {
        return missing == 0;
    }
}
