package io.github.claudejakarta.it.operations;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The licence in the packages of this project, and the list of the licences of the libraries in the WAR. */
class LicencesIT {

    private static final Path WAR = Path.of(System.getProperty("it.war"));

    @ParameterizedTest
    @ValueSource(strings = {".war", "-classes.jar", "-api.jar", "-test.jar", "-sources.jar", "-javadoc.jar"})
    void theLicenceIsInEachPackage(String ending) throws IOException {
        Path file = WAR.resolveSibling("claude-jakarta" + ending);
        assumeFalse(
                ending.equals("-javadoc.jar") && Boolean.getBoolean("it.javadoc.skipped"),
                "the build makes no javadoc");

        assertThat(read(file, "META-INF/LICENSE")).isEqualTo(Files.readString(Path.of("LICENSE")));
    }

    @Test
    void theListHasEachLibraryInTheWar() throws IOException {
        List<String> libraries;
        try (var war = new JarFile(WAR.toFile())) {
            libraries = war.stream()
                    .map(ZipEntry::getName)
                    .filter(name -> name.matches("WEB-INF/lib/.+"))
                    .map(name -> name.replaceAll(".*/|[.]jar$", ""))
                    .toList();
        }
        List<String> listed = read(WAR, "META-INF/THIRD-PARTY.txt")
                .lines()
                .filter(line -> line.startsWith("     ("))
                // "(Apache-2.0) Apache HttpClient (org.apache.httpcomponents.client5:httpclient5:5.3.1 - https://...)"
                .map(line -> line.replaceFirst(".*[(][^:( ]+:([^: ]+):([^: ]+) - .*", "$1-$2"))
                .toList();

        assertThat(listed).isNotEmpty().containsExactlyInAnyOrderElementsOf(libraries);
    }

    /** The jar contains the libraries, and therefore needs their licences. */
    @Test
    void theListIsInTheClassesJarToo() throws IOException {
        Path jar = WAR.resolveSibling("claude-jakarta-classes.jar");

        assertThat(read(jar, "META-INF/THIRD-PARTY.txt")).isEqualTo(read(WAR, "META-INF/THIRD-PARTY.txt"));
        assertThat(read(jar, "META-INF/licenses/slf4j/META-INF/LICENSE.txt")).contains("QOS.ch");
        assertThat(read(jar, "META-INF/licenses/httpclient5/META-INF/NOTICE")).contains("Apache HttpClient");
    }

    private static String read(Path file, String entry) throws IOException {
        try (var jar = new JarFile(file.toFile())) {
            ZipEntry found = jar.getEntry(entry);
            assertThat(found).as(entry + " in " + file).isNotNull();
            return new String(jar.getInputStream(found).readAllBytes(), UTF_8);
        }
    }
}
