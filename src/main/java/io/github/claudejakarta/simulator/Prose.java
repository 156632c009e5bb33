package io.github.claudejakarta.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Readable texts, divided into deltas of a few words like Claude's. */
final class Prose {

    private static final int QUOTED = 80;
    private static final int JSON_PIECE = 12;
    private static final Pattern WORD = Pattern.compile("\\s*\\S+|\\s+$");

    private Prose() {}

    static List<String> answer(String prompt) {
        return words("Hello! This is the simulator of claude-jakarta: no model was called, and nothing was spent. "
                + (prompt.isBlank()
                        ? "You wrote nothing that can be quoted. "
                        : "You wrote: " + quote(prompt) + ".\n\n")
                + "With a key in `ANTHROPIC_API_KEY` the same request goes to Claude, and its answer arrives in the same way, "
                + "event by event and a few words at a time. Until then you can test **failures** "
                + "with a directive in the prompt, after the word sim and a colon:\n\n"
                + "- `error_at=5` ends an answer with an error\n"
                + "- `stall_at=5` makes it stop sending\n"
                + "- `events=200 delay_us=50000` makes it long\n\n"
                + "All directives are in `docs/simulator.md`.");
    }

    /** Returns the text before citations. */
    static List<String> beforeCitations() {
        return words("\n\nThe document says:");
    }

    static List<String> thinking(String prompt) {
        return words("The user wrote " + quote(prompt) + ". I am a simulator and cannot think about that, "
                + "but I can show what thinking looks like while it streams.");
    }

    static List<String> toolCall(String name) {
        return words("Let me ask the tool " + name + ".");
    }

    static List<String> toolAnswer(String result) {
        return words("The tool has answered: " + quote(result) + ". Claude would now use this result; "
                + "the simulator only shows that it arrived.");
    }

    static List<String> refusal() {
        return words("Here is how one would begin, if it were");
    }

    /** Divides JSON text into pieces of a few characters, after an empty first piece like Claude's. */
    static List<String> json(String json) {
        var pieces = new ArrayList<>(List.of(""));
        for (var from = 0; from < json.length(); ) {
            var to = from + Math.min(JSON_PIECE, json.length() - from);
            if (to < json.length() && Character.isLowSurrogate(json.charAt(to))) {
                to++;
            }
            pieces.add(json.substring(from, to));
            from = to;
        }
        return pieces;
    }

    /** Divides a text into pieces of one word, two words, three words, one word and so on. */
    static List<String> words(String text) {
        var words = WORD.matcher(text).results().map(found -> found.group()).toList();
        var pieces = new ArrayList<String>();
        for (int from = 0, count = 1; from < words.size(); from += count, count = count % 3 + 1) {
            pieces.add(String.join("", words.subList(from, Math.min(from + count, words.size()))));
        }
        return pieces;
    }

    /** Quotes the beginning of a text, on one line. */
    private static String quote(String text) {
        var line = text.strip().replaceAll("\\s+", " ");
        var isLong = line.codePointCount(0, line.length()) > QUOTED;
        return "“" + (isLong ? line.substring(0, line.offsetByCodePoints(0, QUOTED)) + "…" : line) + "”";
    }
}
