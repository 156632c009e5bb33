package io.github.claudejakarta.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Each fenced block of docs/operations.md is run by a test: blocks that are marked as {@code run} by
 * {@code DocumentsIT}, the others by the tests of this table.
 */
class OperationsBlocksTest {

    /** A phrase that one block has, and the test that runs this block. */
    private static final Map<String, String> RUN_BY = Map.of(
            "./mvnw package -P server", "PackagedServerCheck.startsAsDocumented",
            "accessLogging", "PackagedServerCheck.startsAsDocumented",
            "wlp.password.encryption.key", "PackagedServerCheck.servesStopsOnRequestAndKeepsItsData",
            "CLAUDE_UPSTREAM=simulator", "PackagedServerCheck.theTrialPrintsTheDocumentedText",
            "for the caller:", "PackagedServerCheck.aCallersKeyAndItsHashAreCreatedAsDocumented",
            "keytool -importkeystore", "PackagedServerCheck.servesWithACertificateAndPostgresAsDocumented",
            "CLAUDE_DATABASE_URL=", "PackagedServerCheck.servesWithACertificateAndPostgresAsDocumented",
            "update claude_batch", "RenamedApplicationTest",
            "userNameAttribute", "JwtIT",
            "proxy_pass", "ProxyIT");

    @Test
    void everyBlockIsRunByATest() {
        Document page = Document.of("docs/operations.md");

        assertThat(page.blocks())
                .filteredOn(block -> !block.isMarked("run"))
                .allSatisfy(block -> assertThat(RUN_BY.keySet().stream().filter(block.text()::contains))
                        .as(
                                "Phrases of the block under \"%s\". Run a new block in a test, and name both in RUN_BY:%n%s",
                                block.heading(), block.text())
                        .hasSize(1));
        assertThat(RUN_BY.keySet())
                .allSatisfy(phrase -> assertThat(page.block(phrase)).isNotNull());
    }

    @Test
    void theTestsOfTheTableExist() {
        var tests = TestSources.read();

        assertThat(RUN_BY.values()).allSatisfy(test -> {
            String[] names = test.split("\\.");
            if (names.length == 1) {
                tests.requireClass(names[0]);
            } else {
                tests.requireTest(names[0], names[1]);
            }
        });
    }
}
