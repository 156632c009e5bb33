package io.github.claudejakarta.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Texts to read, cut into deltas as Claude cuts them. */
final class Prose {

    private static final int QUOTED = 80;
    private static final int JSON_PIECE = 12;
    private static final Pattern WORD = Pattern.compile("\\s*\\S+|\\s+$");

    private Prose() {}

    static List<String> answer(String prompt) {
        return words("Hello! This is the simulator of claude-jakarta: no model was asked, and nothing was spent. "
                + (prompt.isBlank()
                        ? "You wrote nothing that I could quote. "
                        : "You wrote: " + quote(prompt) + ".\n\n")
                + "With a key in `ANTHROPIC_API_KEY` the same request goes to Claude, and its answer arrives as this one does, "
                + "event by event and a few words at a time. Until then you can try what goes wrong on a **bad day**, "
                + "by a directive in the prompt after the word sim and a colon:\n\n"
                + "- `error_at=5` breaks an answer off with an error\n"
                + "- `stall_at=5` makes it fall silent\n"
                + "- `events=200 delay_us=50000` makes it long\n\n"
                + "The others are in `docs/simulator.md`.");
    }

    /** What leads to quotations. */
    static List<String> beforeCitations() {
        return words("\n\nThe document says:");
    }

    static List<String> thoughts(String prompt) {
        return words("The user wrote " + quote(prompt) + ". I am a simulator and cannot think about that, "
                + "but I can show what thinking looks like while it streams.");
    }

    static List<String> toolCall(String name) {
        return words("Let me ask the tool " + name + ".");
    }

    static List<String> toolAnswer(String result) {
        return words("The tool has answered: " + quote(result) + ". Claude would now make something of it; "
                + "the simulator only shows that the result arrived.");
    }

    static List<String> refusal() {
        return words("Here is how one would begin, if it were");
    }

    /** JSON text in pieces that respect nothing but characters, after the empty one that always comes first. */
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

    /** One word, then two, then three, then one again. */
    static List<String> words(String text) {
        var words = WORD.matcher(text).results().map(found -> found.group()).toList();
        var pieces = new ArrayList<String>();
        for (int from = 0, count = 1; from < words.size(); from += count, count = count % 3 + 1) {
            pieces.add(String.join("", words.subList(from, Math.min(from + count, words.size()))));
        }
        return pieces;
    }

    /** The beginning of a text, on one line. */
    private static String quote(String text) {
        var line = text.strip().replaceAll("\\s+", " ");
        var isLong = line.codePointCount(0, line.length()) > QUOTED;
        return "“" + (isLong ? line.substring(0, line.offsetByCodePoints(0, QUOTED)) + "…" : line) + "”";
    }
}
