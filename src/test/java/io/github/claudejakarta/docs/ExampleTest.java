package io.github.claudejakarta.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The configuration and the versions in docs/application.md are those of the example, which the CI tests. */
class ExampleTest {

    private static final Path EXAMPLE = Path.of("examples", "support-desk");

    /** They differ only in the name: the application of the page is "questions". */
    @Test
    void thePageHasTheServerOfTheExample() throws IOException {
        String page = Files.readString(Path.of("docs", "application.md"));
        String server = Files.readString(EXAMPLE.resolve("src/main/liberty/config/server.xml"))
                .replace("support-desk", "questions")
                .replace("desk", "questions");

        assertThat(page)
                .contains("```xml\n" + server + "```\n")
                .contains("```properties\n"
                        + Files.readString(
                                EXAMPLE.resolve("src/main/resources/META-INF/microprofile-config.properties"))
                        + "```\n");
    }

    /** They differ only in the package. */
    @Test
    void thePageHasTheResourceThatInjectionItRuns() throws IOException {
        String resource = Files.readString(Path.of("src", "test", "java", "demo", "HaikuResource.java"))
                .replace("package demo;", "package com.example;");

        assertThat(Files.readString(Path.of("docs", "application.md"))).contains("```java\n" + resource + "```\n");
    }

    /** A different version would make the test of the example useless for users. */
    @Test
    void theExampleHasTheVersionsOfTheProject() throws IOException {
        String example = Files.readString(EXAMPLE.resolve("pom.xml"));
        String project = Files.readString(Path.of("pom.xml"));
        for (String property : new String[] {"openliberty.version", "h2.version"}) {
            assertThat(example).contains(element(project, property));
        }
        assertThat(example).contains("<claude.version>" + version(project) + "</claude.version>");
    }

    @Test
    void thePageHasTheVersionsOfTheProject() throws IOException {
        String page = Files.readString(Path.of("docs", "application.md"));
        String project = Files.readString(Path.of("pom.xml"));

        for (String property : new String[] {"openliberty.version", "h2.version", "liberty-plugin.version"}) {
            assertThat(page).contains("<version>" + text(project, property) + "</version>");
        }
        assertThat(page).contains("<artifactId>claude-jakarta-bom</artifactId>\n        <version>" + version(project));
    }

    private static String element(String pom, String name) {
        int begin = pom.indexOf("<" + name + ">");
        return pom.substring(begin, pom.indexOf("</" + name + ">") + name.length() + 3);
    }

    private static String version(String pom) {
        return text(pom, "version");
    }

    private static String text(String pom, String name) {
        String element = element(pom, name);
        return element.substring(name.length() + 2, element.length() - name.length() - 3);
    }
}
