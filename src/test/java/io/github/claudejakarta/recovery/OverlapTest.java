package io.github.claudejakarta.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OverlapTest {

    private static final String LONG =
            IntStream.range(0, 200).mapToObj(i -> "Sentence " + i + ". ").reduce("", String::concat);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                // sent | received | number of known characters
                "The quick brown fox| jumps over|0",
                "The quick brown fox|quick brown fox jumps|15",
                "The quick brown fox|The quick brown fox jumps|19",
                "The quick brown fo|brown fox jumps|8",
                "The quick brown fo|fox jumps|0",
                "Hello|Hello, world|5",
                "ab|abc|0",
                // A text that occurred earlier may occur again.
                "---+---+---+|---+---+|0",
                "row, row, row, row, |row, row, row, your boat|0",
                "one two three one two three |one two three four|0",
                "x        |        y|0",
                "The end of it all|the end of it all|0",
            })
    void findsRepeatedText(String sent, String received, int known) {
        var overlap = new Overlap(sent, "");

        overlap.add(received);

        assertThat(overlap.length()).as("<%s><%s>", sent, received).isEqualTo(known);
    }

    @Test
    void waitsUntilItCanDecide() {
        var overlap = new Overlap("The quick brown fox", "");

        assertThat(overlap.add("quick br")).isFalse();
        assertThat(overlap.add("own")).isFalse();
        assertThat(overlap.add(" fox")).isTrue();
        assertThat(overlap.length()).isEqualTo(15);
    }

    @Test
    void doesNotWaitForNewText() {
        assertThat(new Overlap("The quick brown fox", "").add(" jumps")).isTrue();
        assertThat(new Overlap("", "").add("The")).isTrue();
    }

    @Test
    void doesNotWaitBeyondTheMaximumLength() {
        var overlap = new Overlap("a".repeat(1_000), "");

        int added = 0;
        while (!overlap.add("a")) {
            added++;
        }

        assertThat(added).isLessThanOrEqualTo(Overlap.MAX_LENGTH);
    }

    @Test
    void aTailIsComparedUpToALimit() {
        var within = new Overlap(LONG, "");
        within.add(LONG.substring(LONG.length() - Overlap.MAX_LENGTH) + "More");
        var beyond = new Overlap(LONG, "");
        beyond.add(LONG.substring(LONG.length() - Overlap.MAX_LENGTH - 20) + "More");

        assertThat(within.length()).isEqualTo(Overlap.MAX_LENGTH);
        assertThat(beyond.length()).isZero();
    }

    @Test
    void detectsARestartOfALongAnswer() {
        var overlap = new Overlap(LONG, "");

        assertThat(overlap.add(LONG.substring(0, 50))).isFalse();
        assertThat(overlap.add(LONG.substring(50, 120))).isTrue();
        assertThat(overlap.isRestart()).isTrue();
    }

    @Test
    void aContinuedLongAnswerIsNotARestart() {
        var overlap = new Overlap(LONG, "");

        assertThat(overlap.add("Sentence 0 is not what comes now.")).isTrue();
        assertThat(overlap.isRestart()).isFalse();
        assertThat(overlap.length()).isZero();
    }

    /** The request omits these blanks, so Claude may write them again. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {" | world|1", "  | world|1", " |world|0", "  |  world|2"})
    void findsOmittedBlanks(String omitted, String received, int known) {
        var overlap = new Overlap("Hello" + omitted, omitted);

        overlap.add(received);

        assertThat(overlap.length()).isEqualTo(known);
    }

    @Test
    void waitsForTheEndOfOmittedBlanks() {
        var overlap = new Overlap("Hello\n\n", "\n\n");

        assertThat(overlap.add("\n")).isFalse();
        assertThat(overlap.add("\nWorld")).isTrue();
        assertThat(overlap.length()).isEqualTo(2);
    }
}
