package io.github.claudejakarta.it.operations;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.github.claudejakarta.claude.PublicApi;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/**
 * The artifacts that applications use: the jars of the API and of tests, the javadoc, and a pom without dependencies.
 */
class ArtifactsIT {

    private static final Path WAR = Path.of(System.getProperty("it.war"));

    @Test
    void theApiJarHasExactlyThePublicApiTypes() throws IOException {
        Set<String> marked = names(marked("target/classes/io/github/claudejakarta"));

        assertThat(classes("api").map(ArtifactsIT::outermost).collect(Collectors.toSet()))
                .isEqualTo(marked);
        // Includes all nested types: the compiler looks up private types too.
        assertThat(classes("api").count())
                .isEqualTo(compiled("target/classes")
                        .filter(name -> marked.contains(outermost(name)))
                        .count());
    }

    @Test
    void theTestJarHasThePackageTestingWithoutItsTests() throws IOException {
        assertThat(classes("test"))
                .isNotEmpty()
                .contains("io.github.claudejakarta.testing.ClaudeBeans$Builder")
                .allMatch(name ->
                        Files.exists(Path.of("src/testing/java", outermost(name).replace('.', '/') + ".java")));
    }

    /** One page lists the types, and each type has a page. */
    @Test
    void theJavadocHasExactlyThePublicApiTypes() throws IOException {
        assumeFalse(Boolean.getBoolean("it.javadoc.skipped"), "the build makes no javadoc");
        Set<String> marked = names(Stream.concat(
                marked("target/classes/io/github/claudejakarta"),
                marked("target/test-classes/io/github/claudejakarta/testing")));
        try (var jar = new JarFile(artifact("javadoc").toFile())) {
            Set<String> pages = jar.stream()
                    .map(ZipEntry::getName)
                    .filter(name -> name.matches("io/github/claudejakarta/[a-z]+/[A-Z][^/]*\\.html"))
                    .map(name -> name.replaceFirst("\\.html$", "").replace('/', '.'))
                    .collect(Collectors.toSet());

            assertThat(pages.stream()
                            .map(name -> name.replaceFirst("(\\.[A-Z][^.]*)\\..*", "$1"))
                            .collect(Collectors.toSet()))
                    .isEqualTo(marked);
            var first = new String(
                    jar.getInputStream(jar.getEntry("allclasses-index.html")).readAllBytes(), UTF_8);
            assertThat(marked).allMatch(name -> first.contains(name.replace('.', '/') + ".html"));
        }
    }

    @Test
    void thePomNamesNoDependency() throws IOException {
        assertThat(Files.readString(Path.of("target/claude-jakarta.pom"))).doesNotContain("<dependenc");
    }

    private static Stream<JavaClass> marked(String directory) {
        return new ClassFileImporter()
                .importPath(Path.of(directory)).stream().filter(type -> type.isAnnotatedWith(PublicApi.class));
    }

    private static Set<String> names(Stream<JavaClass> types) {
        return types.map(JavaClass::getName).collect(Collectors.toSet());
    }

    private static String outermost(String name) {
        return name.replaceFirst("\\$.*", "");
    }

    private static Path artifact(String classifier) {
        return WAR.resolveSibling("claude-jakarta-" + classifier + ".jar");
    }

    private static Stream<String> classes(String classifier) throws IOException {
        try (var jar = new JarFile(artifact(classifier).toFile())) {
            return jar.stream()
                    .map(ZipEntry::getName)
                    .filter(name -> name.endsWith(".class"))
                    .map(ArtifactsIT::name)
                    .toList()
                    .stream();
        }
    }

    private static Stream<String> compiled(String directory) throws IOException {
        Path root = Path.of(directory);
        List<String> names;
        try (Stream<Path> files = Files.walk(root)) {
            names = files.map(file -> root.relativize(file).toString().replace('\\', '/'))
                    .filter(name -> name.endsWith(".class"))
                    .map(ArtifactsIT::name)
                    .toList();
        }
        return names.stream();
    }

    private static String name(String file) {
        return file.replaceFirst("\\.class$", "").replace('/', '.');
    }
}
