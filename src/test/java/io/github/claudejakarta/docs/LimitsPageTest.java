package io.github.claudejakarta.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The guarantees of docs/limits.md: each row names tests, and these tests exist. */
class LimitsPageTest {

    private static final Path TESTS = Path.of("src/test/java/io/github/claudejakarta");
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
        Map<String, List<Path>> classes;
        try (Stream<Path> files = Files.walk(TESTS)) {
            classes = files.filter(file -> file.toString().endsWith(".java"))
                    .collect(Collectors.groupingBy(LimitsPageTest::simpleName));
        } catch (IOException e) {
            throw new AssertionError(e);
        }

        assertThat(NAME.matcher(page).results()).isNotEmpty().allSatisfy(name -> {
            String type = name.group(1);
            List<Path> found = classes.getOrDefault(type.substring(type.lastIndexOf('.') + 1), List.of()).stream()
                    .filter(file -> file.toString().endsWith("/" + type.replace('.', '/') + ".java"))
                    .toList();
            assertThat(found).as("files of the class %s", type).hasSize(1);
            assertThat(isTest(read(found.get(0)), name.group(2)))
                    .as("%s is a test", name.group())
                    .isTrue();
        });
    }

    /** Returns whether a method is a test: it returns nothing, and an annotation directly above it marks it. */
    private static boolean isTest(String source, String method) {
        Function<String, Pattern> annotated = annotation -> Pattern.compile(
                "@" + annotation + "\\b(?:(?!\\n\\s*\\n)(?!\\}\\n)[\\s\\S])*?\\bvoid " + method + "\\(");
        return Stream.of("Test", "ParameterizedTest", "AfterEach")
                .anyMatch(annotation ->
                        annotated.apply(annotation).matcher(source).find());
    }

    private static String simpleName(Path file) {
        return file.getFileName().toString().replace(".java", "");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
