package io.github.claudejakarta.simulator;

import java.util.ArrayList;
import java.util.List;

/** The characters that {@code max_tokens} allows for the rest of a message. */
final class Budget {

    private long left;
    private boolean isExhausted;

    Budget(long maxTokens) {
        left = maxTokens > Long.MAX_VALUE / TokenCount.CHARACTERS_PER_TOKEN
                ? Long.MAX_VALUE
                : maxTokens * TokenCount.CHARACTERS_PER_TOKEN;
    }

    /** Returns the pieces that the budget allows; the last piece may be cut. Subtracts their characters. */
    List<String> take(List<String> pieces) {
        var taken = new ArrayList<String>();
        for (var piece : pieces) {
            var part = piece.length() <= left ? piece : piece.substring(0, wholeCharacters(piece, (int) left));
            isExhausted |= part.length() < piece.length();
            left -= part.length();
            if (!part.isEmpty() || piece.isEmpty()) {
                taken.add(part);
            }
            if (isExhausted) {
                break;
            }
        }
        return taken;
    }

    boolean isExhausted() {
        return isExhausted;
    }

    private static int wholeCharacters(String text, int length) {
        return length > 0 && Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length;
    }
}
