package io.github.claudejakarta.it.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.docs.Document.Block;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShellSessionTest {

    @TempDir
    Path temporary;

    private Path scripts;
    private Path directory;

    @BeforeEach
    void makeDirectories() throws IOException {
        scripts = Files.createDirectory(temporary.resolve("scripts"));
        directory = Files.createDirectory(temporary.resolve("empty"));
    }

    private Optional<ShellSession.Failure> run(Duration limit, String... blocks) throws Exception {
        return new ShellSession(scripts, directory, limit)
                .run(Stream.of(blocks)
                        .map(text -> new Block("Heading", "sh run", text, 7))
                        .toList());
    }

    private Optional<ShellSession.Failure> run(String... blocks) throws Exception {
        return run(Duration.ofSeconds(20), blocks);
    }

    @Test
    void blocksShareTheirVariablesAndTheirDirectory() throws Exception {
        assertThat(run(
                        "NAME=$(echo file |\n  sed 's/f/F/')\n",
                        "ls -A\necho one > \"$NAME\"\ncat File\n",
                        "cat $NAME\n"))
                .isEmpty();
        assertThat(directory).isDirectoryContaining(file -> file.endsWith("File"));
    }

    @Test
    void aFailedCommandEndsTheSession() throws Exception {
        var failure = run("echo one\n", "echo two\nfalse | cat\necho three\n", "echo four > four\n");

        assertThat(failure).hasValueSatisfying(found -> {
            assertThat(found.reason()).isEqualTo("ended with status 1");
            assertThat(found.output()).isEqualTo("two\n");
            assertThat(found).asString().contains("line 7", "Heading", "echo three");
        });
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aBlockThatPrintsNothingFails() throws Exception {
        assertThat(run("true\n").map(ShellSession.Failure::reason)).contains("printed nothing");
    }

    @Test
    void aBlockThatDoesNotEndFails() throws Exception {
        assertThat(run(Duration.ofMillis(300), "echo begun\nsleep 60\n").map(ShellSession.Failure::reason))
                .hasValueSatisfying(reason -> assertThat(reason).startsWith("has not ended"));
    }

    @Test
    void assignmentsPrintNothing() {
        assertThat(ShellSession.isOfAssignments(
                        "# A comment\nA=b\nexport C=\"d e\"\nE=$(curl -d '{\n}' |\n  tr -d x)\n"))
                .isTrue();
        assertThat(ShellSession.isOfAssignments("A=b\ncurl $A\n")).isFalse();
        assertThat(ShellSession.isOfAssignments("A=b curl x\n")).isFalse();
        assertThat(ShellSession.isOfAssignments("A=$(b)\ncurl $(c)\n")).isFalse();
    }
}
