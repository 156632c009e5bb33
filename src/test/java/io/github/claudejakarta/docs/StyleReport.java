package io.github.claudejakarta.docs;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Prints how many findings of {@link Style} a project has, by rule and by file, as Markdown. JARS are those of
 * commonmark-java:
 *
 * <pre>{@code
 * java -cp target/test-classes:JARS io.github.claudejakarta.docs.StyleReport [DIRECTORY]
 * java -cp target/test-classes:JARS io.github.claudejakarta.docs.StyleReport DIRECTORY FILE-OR-DIRECTORY...
 * }</pre>
 *
 * <p>With files it prints each of their findings.
 */
final class StyleReport {

    private static final List<String> SOURCES = List.of("src/main/java", "src/main/webapp", "src/testing", "src/test");

    private StyleReport() {}

    public static void main(String[] arguments) {
        Path directory = Path.of(arguments.length == 0 ? "." : arguments[0]).normalize();
        List<Finding> findings = Style.checkAll(directory).toList();
        if (arguments.length > 1) {
            findings.stream().filter(finding -> isNamed(finding, arguments)).forEach(System.out::println);
        } else {
            print("Rule", findings, Finding::rule);
            print("Files", findings, finding -> group(finding.file()));
            printSentences(directory);
        }
    }

    private static boolean isNamed(Finding finding, String[] arguments) {
        return List.of(arguments).subList(1, arguments.length).stream().anyMatch(finding.file()::startsWith);
    }

    private static String group(Path file) {
        return SOURCES.stream().filter(file::startsWith).findFirst().orElse(file.toString());
    }

    private static void print(String title, List<Finding> findings, Function<Finding, String> key) {
        Map<String, Long> counts =
                findings.stream().collect(Collectors.groupingBy(key, TreeMap::new, Collectors.counting()));
        System.out.printf("| %s | findings |%n|---|---|%n", title);
        counts.forEach((name, count) -> System.out.printf("| %s | %d |%n", name, count));
        System.out.printf("| all | %d |%n%n", findings.size());
    }

    private static void printSentences(Path directory) {
        System.out.printf("| Page | lines | sentences | over 25 words | over %d words |%n", Style.MAX_WORDS);
        System.out.println("|---|---|---|---|---|");
        for (Path file : Style.files(directory).stream().filter(Style::isPage).toList()) {
            Document page = Document.of(directory.resolve(file));
            List<Integer> words = page.prose().stream()
                    .flatMap(prose -> prose.sentences().stream())
                    .map(Document.Prose::words)
                    .toList();
            System.out.printf(
                    "| %s | %d | %d | %d | %d |%n",
                    file,
                    page.text().lines().count(),
                    words.size(),
                    words.stream().filter(count -> count > 25).count(),
                    words.stream().filter(count -> count > Style.MAX_WORDS).count());
        }
    }
}
