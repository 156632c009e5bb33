package io.github.claudejakarta.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The pages in {@code docs/decisions} have the same headings and match the index in {@code docs/architecture.md}. */
class DecisionsTest {

    private static final Path DIRECTORY = Path.of("docs/decisions");
    private static final Path INDEX = Path.of("docs/architecture.md");
    private static final Pattern NAME = Pattern.compile("\\d{4}-[a-z0-9-]+\\.md");
    private static final Pattern DATE = Pattern.compile("Date: \\d{4}-\\d{2}-\\d{2}");
    private static final List<String> HEADINGS =
            List.of("## Context", "## Decision", "## Alternatives", "## Consequences");

    static List<Path> pages() throws IOException {
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void aDecisionHasANumberADateAndItsHeadings(Path page) throws IOException {
        List<String> lines = Files.readAllLines(page);

        assertThat(page.getFileName().toString()).matches(NAME);
        assertThat(lines.get(0)).startsWith("# " + page.getFileName().toString().substring(0, 4) + ". ");
        assertThat(lines.get(2)).matches(DATE);
        assertThat(lines.stream().filter(line -> line.startsWith("## "))).containsExactlyElementsOf(HEADINGS);
    }

    @Test
    void theIndexHasEachDecisionOnceInOrder() throws IOException {
        var rows = new ArrayList<String>();
        for (Path page : pages()) {
            String number = page.getFileName().toString().substring(0, 4);
            String title = Files.readAllLines(page).get(0).substring("# 0000. ".length());
            rows.add("| " + number + " | [" + title + "](decisions/" + page.getFileName() + ") | ");
        }

        List<String> index = Files.readAllLines(INDEX).stream()
                .filter(line -> line.contains("](decisions/") && line.startsWith("| 0"))
                .toList();

        assertThat(index).hasSameSizeAs(rows);
        for (int i = 0; i < rows.size(); i++) {
            assertThat(index.get(i)).startsWith(rows.get(i));
        }
    }

    @Test
    void noNumberIsUsedTwice() throws IOException {
        assertThat(pages().stream().map(page -> page.getFileName().toString().substring(0, 4)))
                .doesNotHaveDuplicates();
    }
}
