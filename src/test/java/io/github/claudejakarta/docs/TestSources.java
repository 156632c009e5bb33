package io.github.claudejakarta.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The sources of the tests, for pages and tables that name tests. */
final class TestSources {

    private static final Path ROOT = Path.of("src/test/java/io/github/claudejakarta");

    private final Map<String, List<Path>> files;

    private TestSources(Map<String, List<Path>> files) {
        this.files = files;
    }

    static TestSources read() {
        try (Stream<Path> all = Files.walk(ROOT)) {
            return new TestSources(all.filter(file -> file.toString().endsWith(".java"))
                    .collect(Collectors.groupingBy(TestSources::simpleName)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String simpleName(Path file) {
        return file.getFileName().toString().replace(".java", "");
    }

    /** @param type a class, with the last part of its package if it needs one: {@code job.JobsIT} */
    void requireClass(String type) {
        find(type);
    }

    void requireTest(String type, String method) {
        assertThat(isTest(find(type), method))
                .as("%s.%s is a test", type, method)
                .isTrue();
    }

    private String find(String type) {
        List<Path> found = files.getOrDefault(type.substring(type.lastIndexOf('.') + 1), List.of()).stream()
                .filter(file -> file.toString().endsWith("/" + type.replace('.', '/') + ".java"))
                .toList();
        assertThat(found).as("files of the class %s", type).hasSize(1);
        try {
            return Files.readString(found.get(0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns whether a method is a test: it returns nothing, and an annotation directly above it marks it. */
    private static boolean isTest(String source, String method) {
        return Stream.of("Test", "ParameterizedTest", "AfterEach")
                .map(annotation -> Pattern.compile(
                        "@" + annotation + "\\b(?:(?!\\n\\s*\\n)(?!\\}\\n)[\\s\\S])*?\\bvoid " + method + "\\("))
                .anyMatch(annotated -> annotated.matcher(source).find());
    }
}
