package io.github.claudejakarta.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * {@code bom/pom.xml} has no parent, so that applications import few versions. Its versions must be those of the
 * project.
 */
class BomTest {

    private static final Pattern PROPERTY = Pattern.compile("<([a-z.-]+\\.version)>([^<]+)</\\1>");
    /** An artifact with its classifier, if it has one. */
    private static final Pattern ARTIFACT = Pattern.compile(
            "<artifactId>[^<]+</artifactId>\\s*<version>[^<]+</version>(\\s*<classifier>[^<]+</classifier>)?");

    private static final Pattern VERSION = Pattern.compile("<version>([^<]+)</version>");

    @Test
    void hasTheVersionOfTheProject() throws IOException {
        assertThat(version(Path.of("bom/pom.xml"))).isEqualTo(version(Path.of("pom.xml")));
    }

    @Test
    void itHasTheVersionsOfTheProject() throws IOException {
        Map<String, String> ofTheProject = properties(Path.of("pom.xml"));
        Map<String, String> ofTheBom = properties(Path.of("bom/pom.xml"));

        assertThat(ofTheBom).isNotEmpty();
        assertThat(ofTheProject).containsAllEntriesOf(ofTheBom);
    }

    /** Maven only warns about duplicates, and uses the last value of a property. */
    @Test
    void listsEachArtifactOnce() throws IOException {
        String bom = Files.readString(Path.of("bom/pom.xml"));

        assertThat(PROPERTY.matcher(bom).results().map(match -> match.group(1))).doesNotHaveDuplicates();
        assertThat(ARTIFACT.matcher(bom).results().map(MatchResult::group)).doesNotHaveDuplicates();
    }

    /** The first version in the file, since neither file has a parent. */
    private static String version(Path pom) throws IOException {
        return VERSION.matcher(Files.readString(pom))
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
    }

    private static Map<String, String> properties(Path pom) throws IOException {
        var properties = new TreeMap<String, String>();
        PROPERTY.matcher(Files.readString(pom))
                .results()
                .forEach(match -> properties.put(match.group(1), match.group(2)));
        return properties;
    }
}
