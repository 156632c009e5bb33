package io.github.claudejakarta.it.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/** The Node.js of this machine, with npm. Tests that need it are left out where it is missing. */
public final class Node {

    private static final List<String> PROGRAMS = List.of("node", "npm");
    private static final AtomicBoolean SAID = new AtomicBoolean();

    private Node() {}

    /** Ends the test as left out where there is no Node.js, or as failed where {@code it.node.required} is set. */
    public static void require() {
        if (PROGRAMS.stream().allMatch(Node::isInstalled)) {
            return;
        }
        assertThat(Boolean.getBoolean("it.node.required"))
                .as("required, and there is no Node.js with npm on this machine")
                .isFalse();
        if (!SAID.getAndSet(true)) {
            System.out.println(
                    "[WARNING] The generated TypeScript client is not compiled and the OpenAPI document is not linted: there is no Node.js with npm"
                            + " on this machine (apt-get install nodejs npm).");
        }
        assumeTrue(false, "no Node.js");
    }

    private static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }
}
