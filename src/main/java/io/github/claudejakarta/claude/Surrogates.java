package io.github.claudejakarta.claude;

import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;

/**
 * Handles lone halves of surrogate pairs. A Java string and a JSON escape ({@code \ud83d}) can contain such a half, but
 * UTF-8 cannot (RFC 3629, section 3). Java's encoder would write a question mark instead, which changes the text.
 */
public final class Surrogates {

    private static final String REPLACEMENT_CHARACTER = "\uFFFD";

    private Surrogates() {}

    /**
     * Writes lone halves in JSON text as escapes (RFC 8259, section 7). The text then has the same meaning and can be
     * encoded in UTF-8.
     *
     * @return the text itself where it has no lone half
     */
    public static String escaped(String json) {
        return edited(json, half -> "\\u" + Integer.toHexString(half));
    }

    /**
     * Puts U+FFFD in place of lone halves, as the Unicode Standard (section 3.9) recommends.
     *
     * @return the text itself where it has no lone half
     */
    public static String replaced(String text) {
        return edited(text, half -> REPLACEMENT_CHARACTER);
    }

    /** Returns the text without half a pair at its end. */
    public static String withoutHalfAtEnd(String text) {
        return endsWithHalf(text) ? text.substring(0, text.length() - 1) : text;
    }

    /**
     * Returns the beginning of a text, never cut within a pair.
     *
     * @param most UTF-16 code units, at least 1
     */
    public static String beginning(String text, int most) {
        return text.length() <= most ? text : withoutHalfAtEnd(text.substring(0, most));
    }

    /** Returns an encoder for UTF-8 that writes U+FFFD in place of lone halves; for one writer. */
    public static CharsetEncoder encoder() {
        return StandardCharsets.UTF_8
                .newEncoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .replaceWith(REPLACEMENT_CHARACTER.getBytes(StandardCharsets.UTF_8));
    }

    /** Whether the second half of a pair may follow. */
    static boolean endsWithHalf(String text) {
        return !text.isEmpty() && Character.isHighSurrogate(text.charAt(text.length() - 1));
    }

    private static String edited(String text, IntFunction<String> substitute) {
        int half = next(text, 0);
        if (half < 0) {
            return text;
        }
        var edited = new StringBuilder(text.length() + 16);
        int from = 0;
        for (; half >= 0; half = next(text, from)) {
            edited.append(text, from, half).append(substitute.apply(text.charAt(half)));
            from = half + 1;
        }
        return edited.append(text, from, text.length()).toString();
    }

    /** The place of the next lone half; -1 if there is no other. */
    private static int next(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                boolean isPair = Character.isHighSurrogate(text.charAt(i))
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!isPair) {
                    return i;
                }
                i++;
            }
        }
        return -1;
    }
}
