package demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the README shows is what the tests run. */
class ReadmeTest {

    @Test
    void theExampleIsTheOneThatIsTested() throws IOException {
        String tested = Files.readString(Path.of("src/test/java/demo/HaikuResource.java"));

        assertThat(Files.readString(Path.of("README.md"))).contains("```java\n" + tested + "```\n");
    }
}
