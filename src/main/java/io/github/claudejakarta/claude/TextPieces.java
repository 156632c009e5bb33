package io.github.claudejakarta.claude;

/**
 * Joins characters that are split between pieces of a text, such as text deltas. Half a surrogate pair at the end of a
 * piece is moved to the next piece.
 *
 * <p>Not safe for use by several threads.
 */
public final class TextPieces {

    private String waiting = "";

    /** Returns the half left from the previous piece and this piece, without half a pair at the end. May be empty. */
    public String next(String piece) {
        String text = waiting.isEmpty() ? piece : waiting + piece;
        String whole = Surrogates.withoutHalfAtEnd(text);
        waiting = text.substring(whole.length());
        return whole;
    }

    /** Returns the half that is left when the text has ended. Usually empty. */
    public String rest() {
        String half = waiting;
        waiting = "";
        return half;
    }
}
