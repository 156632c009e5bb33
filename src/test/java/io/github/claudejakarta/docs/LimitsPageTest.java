package io.github.claudejakarta.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The guarantees of docs/limits.md: each row names tests, and these tests exist. */
class LimitsPageTest {

    private static final Pattern ROW = Pattern.compile("(?m)^\\|.*\\|$");
    /** A class, with the last part of its package if it needs one, and a method: {@code job.JobsIT.takesJson}. */
    private static final Pattern NAME =
            Pattern.compile("`((?:[a-z]+\\.)?[A-Z]\\w*(?:Test|IT|Contract))\\.([a-z]\\w*)`");
    /** Tables whose last column names tests. */
    private static final Pattern GUARANTEES =
            Pattern.compile("(?m)^\\|[^\\n]*\\| Test \\|\\n\\|[-|]+\\|\\n((?:\\|.*\\n)+)");

    private final String page = read(Path.of("docs/limits.md"));

    /** The text of a row's last cell. */
    private static String lastCell(String row) {
        String[] cells = row.split("(?<!\\\\)\\|");
        return cells[cells.length - 1];
    }

    @Test
    void everyGuaranteeNamesATest() {
        List<String> rows = GUARANTEES
                .matcher(page)
                .results()
                .flatMap(table -> ROW.matcher(table.group(1)).results())
                .map(row -> row.group())
                .toList();

        assertThat(rows)
                .hasSizeGreaterThan(50)
                .allSatisfy(row ->
                        assertThat(NAME.matcher(lastCell(row)).find()).as(row).isTrue());
    }

    @Test
    void everyTestExistsOnce() {
        var tests = TestSources.read();

        assertThat(NAME.matcher(page).results())
                .isNotEmpty()
                .allSatisfy(name -> tests.requireTest(name.group(1), name.group(2)));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
