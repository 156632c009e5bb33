package io.github.claudejakarta.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.lane.Slow;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The texts of this project are in plain English: pages, messages, comments, the OpenAPI document, the console.
 * {@link Rule#ALL} has the words, {@link Style} the rules for pages. {@link StyleReport} prints counts.
 */
class WordsTest {

    private static final Path PROJECT = Path.of("");

    /** Whether a finding is in a text for Claude. Another wording could change Claude's answers. */
    private static boolean isPrompt(Finding finding) {
        return finding.file().endsWith("recovery/Continuation.java")
                && finding.text().equals("Go on");
    }

    @Slow("reads all files")
    @Test
    void textsArePlain() {
        assertThat(Style.checkAll(PROJECT).filter(finding -> !isPrompt(finding)))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "page.md | The client is\\ntold. | told",
                "page.md | Nothing `is told` here. |",
                "page.md | [It goes](x.md#told)\\non. | goes on",
                "page.md | ```text\\nis told\\n``` |",
                "Code.java | int told = at / 2; // it gives\\n   // up | gives up",
                "Code.java | /** It\\n * lets the {@code told}\\n * go */ int x; |",
                "Code.java | /** It lets\\n * it go */ int x; | lets it go",
                "Code.java | f(\"It gives\"\\n + \" up\"); | gives up",
                "Code.java | f(\"It gives\", \" up\"); |",
                "code.js | x = /['\"]/.test(told) ? `anew` : 'x'; | anew",
                "schema.sql | -- It stands\\n-- for it | stands for",
                "page.md | What is it? |",
                "page.md | It says what is wrong at once. | at once",
                "page.md | The time is over 10 s. |",
                "page.md | The stream is over. | is over",
            })
    void findsWordsWherePeopleReadThem(String file, String text, String found) {
        assertThat(Style.words(Path.of(file), text.replace("\\n", "\n")).stream()
                        .map(Finding::text))
                .isEqualTo(found == null ? List.of() : List.of(found));
    }
}
