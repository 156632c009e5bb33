package io.github.claudejakarta.recovery;

/**
 * Finds out how much of the beginning of a continuation had been sent already: Claude may repeat the end of what it had
 * said, or begin anew. Texts are compared exactly, and {@value #LONGEST} characters at most.
 *
 * <p>Removing what was no repetition would be worse than a repetition. So a short one is not believed, nor one that the
 * text has had before: where it repeats itself, as in the lines of a table, it may do so once more.
 */
final class Overlap {

    /** In characters. */
    static final int LONGEST = 400;

    /** The least that is believed, blanks at either end not counted. */
    private static final int SHORTEST = 8;
    /** The same of a beginning anew. */
    private static final int SHORTEST_FROM_THE_BEGINNING = 4;

    /** Of an answer that is too long to be compared as a whole: so much of its beginning is no accident. */
    private static final int SURELY_ANEW = 100;

    private final String sent;
    private final String leftOut;
    private final StringBuilder came = new StringBuilder();

    /**
     * @param sent all text that clients have
     * @param leftOut blanks or half a character at its end, of which Claude was not told and which it may say again
     */
    Overlap(String sent, String leftOut) {
        this.sent = sent;
        this.leftOut = leftOut;
    }

    /**
     * Takes the next piece of the continuation in.
     *
     * @return whether enough has come to tell
     */
    boolean add(String piece) {
        came.append(piece);
        return isDecided();
    }

    private boolean isDecided() {
        String text = came.toString();
        for (int from = firstCandidate(); from < sent.length(); from++) {
            if (sent.length() - from > text.length() && sent.startsWith(text, from)) {
                return false;
            }
        }
        return text.length() >= SURELY_ANEW || !mayBeginAnew(text);
    }

    private int firstCandidate() {
        return Math.max(0, sent.length() - LONGEST);
    }

    private boolean mayBeginAnew(String text) {
        return sent.length() > LONGEST && sent.startsWith(text);
    }

    /** Whether the answer is told from its beginning, and is too long for that to be removed. */
    boolean isAnew() {
        return came.length() >= SURELY_ANEW && mayBeginAnew(came.substring(0, SURELY_ANEW));
    }

    /** How many characters of what came had been sent. */
    int length() {
        String text = came.toString();
        for (int from = firstCandidate(); from < sent.length(); from++) {
            String tail = sent.substring(from);
            if (text.startsWith(tail) && isBelieved(tail, from)) {
                return tail.length();
            }
        }
        int again = 0;
        while (again < Math.min(leftOut.length(), text.length()) && leftOut.charAt(again) == text.charAt(again)) {
            again++;
        }
        return again;
    }

    private boolean isBelieved(String tail, int from) {
        int solid = tail.strip().length();
        return from == 0 ? solid >= SHORTEST_FROM_THE_BEGINNING : solid >= SHORTEST && sent.indexOf(tail) == from;
    }
}
