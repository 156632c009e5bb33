package io.github.claudejakarta.durable;

import io.github.claudejakarta.claude.Surrogates;
import java.util.regex.Pattern;

/**
 * Texts from elsewhere, as every database stores them: PostgreSQL rejects U+0000 and lone halves of surrogate pairs.
 */
public final class StorableText {

    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private StorableText() {}

    /**
     * Returns the beginning of a text, with a question mark in place of each control character and U+FFFD in place of
     * each lone half of a surrogate pair.
     *
     * @param most UTF-16 code units, at least 1
     */
    public static String beginning(String text, int most) {
        return CONTROL.matcher(Surrogates.replaced(Surrogates.beginning(text, most)))
                .replaceAll("?");
    }
}
