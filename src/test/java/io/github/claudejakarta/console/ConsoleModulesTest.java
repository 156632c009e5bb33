package io.github.claudejakarta.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Node;
import io.github.claudejakarta.lane.Slow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs the tests of the console's modules that need no browser, with Node.js. {@code npm test} runs only these tests.
 */
@Slow("a process for each module")
class ConsoleModulesTest {

    private static final Path TESTS = Path.of("src/test/console");
    private static final Path MODULES = Path.of("src/main/webapp/console");

    static List<String> modules() throws IOException {
        try (Stream<Path> files = Files.list(TESTS)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".test.mjs"))
                    .map(name -> name.replace(".test.mjs", ""))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("modules")
    void aModulePassesItsTests(String module) throws Exception {
        Node.require("The console's modules are tested in a browser alone", "node");
        assertThat(MODULES.resolve(module + ".js")).exists();

        Process node = new ProcessBuilder(
                        "node",
                        "--test",
                        "--test-reporter=tap",
                        TESTS.resolve(module + ".test.mjs").toString())
                .redirectErrorStream(true)
                .start();
        node.getOutputStream().close();
        String report = new String(node.getInputStream().readAllBytes(), UTF_8);

        assertThat(node.waitFor()).as(report).isZero();
        // Node counts a file without tests as passed.
        assertThat(report).containsPattern("(?m)^# pass [1-9]\\d*$");
    }
}
