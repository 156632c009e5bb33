package io.github.claudejakarta.recovery;

/**
 * Detects how much of the beginning of a continuation clients already have: Claude may repeat the end of its text, or
 * start again from the beginning. Texts are compared exactly, at most {@value #MAX_LENGTH} characters.
 *
 * <p>To remove new text would be worse than to repeat text. Therefore a short match does not count. A match also does
 * not count if its text occurs earlier in the answer: a text that repeats itself, such as the lines of a table, may do
 * so again.
 */
final class Overlap {

    /** The maximum length of a match in characters. */
    static final int MAX_LENGTH = 400;

    /** The minimum length of a match in characters, without white space at both ends. */
    private static final int MIN_LENGTH = 8;
    /** The minimum length of a match with the whole answer, in characters. */
    private static final int MIN_LENGTH_OF_WHOLE = 4;

    /** The number of characters from the beginning of a long answer that prove a restart. */
    private static final int RESTART_LENGTH = 100;

    private final String sent;
    private final String omitted;
    private final StringBuilder received = new StringBuilder();

    /**
     * @param sent the whole text that clients have
     * @param omitted white space or half a surrogate pair at its end, which the request for the continuation does not
     *     contain and which Claude may repeat
     */
    Overlap(String sent, String omitted) {
        this.sent = sent;
        this.omitted = omitted;
    }

    /**
     * Adds the next piece of the continuation.
     *
     * @return whether enough text has arrived to decide
     */
    boolean add(String piece) {
        received.append(piece);
        return isDecided();
    }

    private boolean isDecided() {
        String text = received.toString();
        for (int from = firstCandidate(); from < sent.length(); from++) {
            if (sent.length() - from > text.length() && sent.startsWith(text, from)) {
                return false;
            }
        }
        return text.length() >= RESTART_LENGTH || !mayBeRestart(text);
    }

    private int firstCandidate() {
        return Math.max(0, sent.length() - MAX_LENGTH);
    }

    private boolean mayBeRestart(String text) {
        return sent.length() > MAX_LENGTH && sent.startsWith(text);
    }

    /** Whether Claude repeats the answer from its beginning, and the answer is too long to remove the repetition. */
    boolean isRestart() {
        return received.length() >= RESTART_LENGTH && mayBeRestart(received.substring(0, RESTART_LENGTH));
    }

    /** Returns how many characters of the received text clients already have. */
    int length() {
        String text = received.toString();
        for (int from = firstCandidate(); from < sent.length(); from++) {
            String tail = sent.substring(from);
            if (text.startsWith(tail) && isReliable(tail, from)) {
                return tail.length();
            }
        }
        int repeated = 0;
        while (repeated < Math.min(omitted.length(), text.length())
                && omitted.charAt(repeated) == text.charAt(repeated)) {
            repeated++;
        }
        return repeated;
    }

    private boolean isReliable(String tail, int from) {
        int length = tail.strip().length();
        return from == 0 ? length >= MIN_LENGTH_OF_WHOLE : length >= MIN_LENGTH && sent.indexOf(tail) == from;
    }
}
