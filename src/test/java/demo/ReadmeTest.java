package demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The README shows the class that an integration test runs. */
class ReadmeTest {

    @Test
    void theReadmeShowsTheTestedResource() throws IOException {
        String tested = Files.readString(Path.of("src/test/java/demo/PoemResource.java"));

        assertThat(Files.readString(Path.of("README.md"))).contains("```java\n" + tested + "```\n");
    }
}
