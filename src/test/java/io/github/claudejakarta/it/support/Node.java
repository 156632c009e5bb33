package io.github.claudejakarta.it.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The Node.js of this machine. Tests that need it are skipped if it is missing. */
public final class Node {

    private static final Set<String> REPORTED = ConcurrentHashMap.newKeySet();

    private Node() {}

    /**
     * Skips the test if one of the programs is missing, or fails it if {@code it.node.required} is set.
     *
     * @param untested the untested feature, as a sentence without its full stop
     * @param programs {@code node}, {@code npm}
     */
    public static void require(String untested, String... programs) {
        var missing =
                Stream.of(programs).filter(program -> !isInstalled(program)).toList();
        if (missing.isEmpty()) {
            return;
        }
        assertThat(Boolean.getBoolean("it.node.required"))
                .as("required, but missing on this machine: %s", missing)
                .isFalse();
        if (REPORTED.add(untested)) {
            System.out.println("[WARNING] " + untested + ": this machine has no " + String.join(" and no ", missing)
                    + " (apt-get install nodejs npm).");
        }
        assumeTrue(false, "no Node.js");
    }

    public static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }
}
