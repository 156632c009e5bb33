package io.github.claudejakarta.durable;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests that each table belongs to one package, and that only this package has SQL for it. */
class TablesTest {

    private static final Map<String, Set<String>> PACKAGES = Map.of(
            "batch",
            Set.of(
                    "claude_task",
                    "claude_batch",
                    "claude_batch_part",
                    "claude_batch_request",
                    "claude_batch_resent",
                    "claude_batch_usage"),
            "job",
            Set.of("claude_job", "claude_job_task"),
            "conversation",
            Set.of("claude_conversation", "claude_conversation_message"),
            "webhook",
            Set.of("claude_delivery", "claude_delivery_task"),
            "listener",
            Set.of("claude_listener_call", "claude_listener_task"),
            "usage",
            Set.of("claude_usage"),
            "durable",
            Set.of("claude_lock", "claude_kept", "claude_upstream"));

    private static final Pattern TABLE = Pattern.compile("\\bclaude_[a-z_]+\\b");
    private static final Pattern CREATED = Pattern.compile("(?<=create table if not exists )claude_[a-z_]+");
    private static final Path SOURCES = Path.of("src/main/java/io/github/claudejakarta");

    @Test
    void everyTableBelongsToOnePackage() throws IOException {
        assertThat(PACKAGES.values().stream().flatMap(Set::stream))
                .containsExactlyInAnyOrderElementsOf(
                        found(CREATED, Path.of("src/main/resources/io/github/claudejakarta/schema")));
    }

    @Test
    void onlyItsPackageNamesATable() throws IOException {
        var named = new TreeMap<String, Set<String>>();
        Set<String> tables = found(CREATED, Path.of("src/main/resources/io/github/claudejakarta/schema"));
        try (Stream<Path> packages = Files.list(SOURCES)) {
            for (Path one : packages.filter(Files::isDirectory).toList()) {
                Set<String> names = found(TABLE, one);
                names.retainAll(tables);
                if (!names.isEmpty()) {
                    named.put(one.getFileName().toString(), names);
                }
            }
        }

        assertThat(named).isEqualTo(PACKAGES);
    }

    private static Set<String> found(Pattern pattern, Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            var names = new TreeSet<String>();
            files.filter(Files::isRegularFile)
                    .forEach(file -> pattern.matcher(code(file))
                            .results()
                            .map(MatchResult::group)
                            .forEach(names::add));
            return names;
        }
    }

    /** Returns the lines of a file without javadoc and comments. */
    private static String code(Path file) {
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> !line.strip().matches("(/?\\*|//).*"))
                    .collect(joining("\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
