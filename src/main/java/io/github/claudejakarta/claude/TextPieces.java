package io.github.claudejakarta.claude;

/**
 * The pieces of a text, such as text deltas, without a character that is cut in two: half a surrogate pair at the end
 * of a piece waits for the next piece.
 *
 * <p>Not safe for use by several threads.
 */
public final class TextPieces {

    private String waiting = "";

    /** Returns the half that was waiting and this piece, without half a pair at the end; may be empty. */
    public String next(String piece) {
        String text = waiting.isEmpty() ? piece : waiting + piece;
        String whole = Surrogates.withoutHalfAtEnd(text);
        waiting = text.substring(whole.length());
        return whole;
    }

    /** Returns the half that is waiting, which stays alone because the text has ended; mostly empty. */
    public String rest() {
        String half = waiting;
        waiting = "";
        return half;
    }
}
