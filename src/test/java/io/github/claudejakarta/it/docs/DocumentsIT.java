package io.github.claudejakarta.it.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.docs.Document;
import io.github.claudejakarta.docs.Document.Block;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.Node;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The commands of the documents: each block that is marked as {@code sh run} runs against the WAR, with the settings of
 * {@code mvn liberty:run} and the simulator. The blocks of a page run in its order, in one shell, in an empty
 * directory.
 */
@ExtendWith(ArquillianExtension.class)
class DocumentsIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Guides, whose readers run their commands. */
    private static final List<String> GUIDES = List.of(
            "README.md",
            "docs/batches.md",
            "docs/http-api.md",
            "docs/jobs.md",
            "docs/recovery.md",
            "docs/simulator.md");

    private static final Pattern NODE = Pattern.compile("(?m)^\\s*(?:node|npm|npx) ");
    private static final Pattern SERVER = Pattern.compile("\\b(localhost|127\\.0\\.0\\.1):9080\\b");

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withWarnings("SIMULATOR|has no jobs or batches of this application");

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.upstream=simulator", "claude.application=documents-it", "claude.base-url=", "claude.api-key=");
    }

    static Stream<Document> pages() {
        return Document.all().stream().filter(page -> !commands(page).isEmpty());
    }

    private static List<Block> commands(Document page) {
        return page.blocks().stream()
                .filter(block -> block.language().equals("sh") && block.isMarked("run"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void commandsRun(Document page, @TempDir Path temporary) throws Exception {
        boolean hasNode = Node.isInstalled("node") && Node.isInstalled("npm");
        List<Block> blocks = commands(page).stream()
                .filter(block -> hasNode || !needsNode(block))
                .map(DocumentsIT::withServer)
                .toList();
        var session = new ShellSession(
                Files.createDirectory(temporary.resolve("scripts")),
                Files.createDirectory(temporary.resolve("empty")),
                LIMIT);

        assertThat(session.run(blocks)).as(page.file().toString()).isEmpty();

        if (commands(page).stream().anyMatch(DocumentsIT::needsNode)) {
            Node.require("The commands of " + page.file() + " that need Node.js are not run", "node", "npm");
        }
    }

    private static boolean needsNode(Block block) {
        return NODE.matcher(block.text()).find();
    }

    private static Block withServer(Block block) {
        String text = SERVER.matcher(block.text()).replaceAll("$1:" + Api.SERVER.getPort());
        return new Block(block.heading(), block.info(), text, block.line());
    }

    @Test
    void guidesHaveCommands() {
        assertThat(GUIDES)
                .allSatisfy(guide ->
                        assertThat(commands(Document.of(guide))).as(guide).isNotEmpty());
    }
}
