package io.github.claudejakarta.durable;

import io.github.claudejakarta.claude.Surrogates;
import java.util.regex.Pattern;

/** Makes texts from other sources storable in every database. PostgreSQL rejects U+0000 and unpaired surrogates. */
public final class StorableText {

    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private StorableText() {}

    /**
     * Returns the beginning of a text. Replaces each control character by a question mark and each unpaired surrogate
     * by U+FFFD.
     *
     * @param most maximum length in UTF-16 code units, at least 1
     */
    public static String beginning(String text, int most) {
        return CONTROL.matcher(Surrogates.replaced(Surrogates.beginning(text, most)))
                .replaceAll("?");
    }
}
