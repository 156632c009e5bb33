package example.desk;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.stream.ClaudeStream;

/** The first line of an answer, for lists. */
final class Preview {

    private Preview() {}

    /** Returns the first line as soon as it is complete, or a short notice if the stream fails. */
    static String of(ClaudeStream stream) {
        try {
            StringBuilder text = new StringBuilder();
            stream.text().takeWhile(piece -> text.indexOf("\n") < 0).forEach(text::append);
            return text.toString().lines().findFirst().orElse("");
        } catch (ClaudeException e) {
            return switch (e.kind()) {
                case CANCELED -> "Canceled";
                case LIMITED, UNAVAILABLE -> "Busy, try again later";
                case REFUSED -> "Claude refused: " + e.type();
                default -> "No answer";
            };
        }
    }
}
