package io.github.claudejakarta.it.docs;

import io.github.claudejakarta.docs.Document.Block;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Runs shell blocks one after the other, like a reader who pastes them into one terminal: variables, files and
 * background processes of a block stay for the next block. The first failure ends the session.
 */
final class ShellSession {

    /** Variables of the machine that would change the results of the commands. */
    private static final Pattern FOREIGN = Pattern.compile("(?i)(claude|anthropic|mp|wlp)_.*");
    /** Background processes of the blocks end with the session. */
    private static final String CLEAN_UP = "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT";

    private static final Pattern ASSIGNMENTS = Pattern.compile("(?:#[^\\n]*\\n|\\s*\\n"
            + "|(?:export )?\\w+=(?:\\$\\((?:(?!\\)[ \\t]*\\n)(?s:.))*\\)|\"[^\"]*\"|'[^']*'|[^\\s\"'$]*)[ \\t]*\\n)+");

    private final Path scripts;
    private final Path directory;
    private final Duration limit;

    /**
     * @param scripts an empty directory for the blocks and their output
     * @param directory the directory in which they run
     * @param limit the time of one block
     */
    ShellSession(Path scripts, Path directory, Duration limit) {
        this.scripts = scripts;
        this.directory = directory;
        this.limit = limit;
    }

    /** A failed block, with the reason and its output. */
    record Failure(Block block, String reason, String output) {

        @Override
        public String toString() {
            return "line %d, \"%s\": %s%n%s%n--- its output:%n%s"
                    .formatted(block.line(), block.heading(), reason, block.text(), output);
        }
    }

    Optional<Failure> run(List<Block> blocks) throws IOException, InterruptedException {
        for (int i = 0; i < blocks.size(); i++) {
            Files.writeString(script(i), blocks.get(i).text());
        }
        Process bash = start(blocks.size());
        try {
            for (int i = 0; i < blocks.size(); i++) {
                boolean isDone = await(i, bash);
                String output = Files.exists(output(i)) ? Files.readString(output(i)) : "";
                if (!isDone) {
                    String reason = bash.isAlive()
                            ? "has not ended after " + limit.toSeconds() + " s"
                            : "ended with status " + bash.exitValue();
                    return Optional.of(new Failure(blocks.get(i), reason, output));
                }
                if (output.isBlank() && !isOfAssignments(blocks.get(i).text())) {
                    return Optional.of(new Failure(blocks.get(i), "printed nothing", output));
                }
            }
            return Optional.empty();
        } finally {
            end(bash);
        }
    }

    static boolean isOfAssignments(String text) {
        return ASSIGNMENTS.matcher(text).matches();
    }

    private Process start(int blocks) throws IOException {
        Stream<String> calls = IntStream.range(0, blocks)
                .mapToObj(i -> ". '%s' >'%s' 2>&1%n: >'%s'".formatted(script(i), output(i), done(i)));
        Path session = Files.write(
                scripts.resolve("session.sh"),
                Stream.concat(Stream.of(CLEAN_UP), calls).toList());
        var builder = new ProcessBuilder("bash", "-eo", "pipefail", session.toString())
                .directory(directory.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(scripts.resolve("session.log").toFile());
        builder.environment().keySet().removeIf(FOREIGN.asMatchPredicate());
        builder.environment().putAll(Map.of("NO_PROXY", "localhost,127.0.0.1", "no_proxy", "localhost,127.0.0.1"));
        return builder.start();
    }

    /** Waits for a block. Returns whether it ended with success. */
    private boolean await(int block, Process bash) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!Files.exists(done(block))) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            if (bash.waitFor(20, TimeUnit.MILLISECONDS)) {
                return Files.exists(done(block));
            }
        }
        return true;
    }

    private static void end(Process bash) throws InterruptedException {
        List<ProcessHandle> all = new ArrayList<>(bash.descendants().toList());
        all.add(bash.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
        bash.waitFor();
    }

    private Path script(int block) {
        return scripts.resolve("block-" + block + ".sh");
    }

    private Path output(int block) {
        return scripts.resolve("block-" + block + ".log");
    }

    private Path done(int block) {
        return scripts.resolve("block-" + block + ".done");
    }
}
