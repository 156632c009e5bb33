package io.github.claudejakarta.it.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.github.claudejakarta.it.support.Chromium;
import io.github.claudejakarta.it.support.Console;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.simulator.Simulator;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The console of a server that requires keys and sends requests to Claude, and that is stopped during the test. */
@OwnServers
class ConsoleKeysIT {

    private static final String KEY = "the-key-of-alice-4711";

    @RegisterExtension
    static final Chromium CHROMIUM = new Chromium();

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("console-keys");

    private static Simulator claude;

    @BeforeAll
    static void start() throws Exception {
        claude = Simulator.start(Thread::new);
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(KEY.getBytes(StandardCharsets.UTF_8));
        SERVER.with("CLAUDE_BASE_URL", claude.baseUri().toString())
                .with("ANTHROPIC_API_KEY", ServerLog.KEY_MARK + "console")
                .with("CLAUDE_CLIENTS_ALICE_KEY_SHA256", HexFormat.of().formatHex(hash))
                .start();
    }

    @AfterAll
    static void close() {
        if (claude != null) {
            claude.close();
        }
    }

    private static Console enter(Console console, String key) {
        assertThat(console.page().getByRole(AriaRole.DIALOG)).isVisible();
        console.field("API key").fill(key);
        return console.click("Use key");
    }

    @Test
    void theKeyIsRequestedAndStoredOnlyInThisTab() {
        CHROMIUM.expect("status of 401");
        var page = CHROMIUM.open(SERVER.uri(), "#/streams");
        List<String> urls = new ArrayList<>();
        page.onRequest(request -> urls.add(request.url()));
        Console console = new Console(page);

        assertThat(page.getByRole(AriaRole.DIALOG)).containsText("This server requires an API key.");
        enter(console, "wrong");
        assertThat(page.getByRole(AriaRole.DIALOG)).containsText("This key is not accepted: invalid x-api-key.");
        enter(console, KEY);
        assertThat(page.getByText("No streams yet.")).isVisible();
        console.send("sim:events=3").await("completed");
        assertThat(console.message()).containsText("i=2;");
        page.reload();
        console.await("completed");

        assertThat(urls).isNotEmpty().noneMatch(url -> url.contains(KEY));
        assertThat((String) page.evaluate("JSON.stringify(localStorage) + document.cookie + location.href"))
                .doesNotContain(KEY);
        assertThat((String) page.evaluate("JSON.stringify(sessionStorage)")).contains(KEY);

        console.click("API key").click("Forget key");
        assertThat(page.getByRole(AriaRole.DIALOG)).containsText("This server requires an API key.");
        assertThat((String) page.evaluate("JSON.stringify(sessionStorage)")).doesNotContain(KEY);
    }

    @Test
    void aClosedDialogDoesNotOpenAgain() {
        CHROMIUM.expect("status of 401");
        Page page = CHROMIUM.open(SERVER.uri(), "#/jobs");
        assertThat(page.getByRole(AriaRole.DIALOG)).isVisible();
        page.keyboard().press("Escape");
        page.waitForResponse(response -> response.url().contains("/v1/jobs"), () -> {});
        page.waitForResponse(response -> response.url().contains("/v1/jobs"), () -> {});

        assertThat(page.getByRole(AriaRole.DIALOG)).isHidden();
        assertThat(new Console(page).list("Jobs").getByRole(AriaRole.ALERT)).containsText("authentication_error");
        new Console(page).click("API key").field("API key").fill("“quoted”");
        new Console(page).click("Use key");
        assertThat(page.getByRole(AriaRole.DIALOG)).isVisible();
    }

    @Test
    void theUpstreamIsShown() {
        CHROMIUM.expect("status of 401");
        Console console = new Console(CHROMIUM.open(SERVER.uri(), ""));

        assertThat(console.page().locator("#upstream"))
                .hasText("Claude at " + claude.baseUri().getAuthority());
        assertThat(console.page().locator("#upstream")).not().hasClass("simulator");
    }

    /** Stops the server, and starts it again for the tests that follow. */
    @Test
    void aStoppedServerIsReported() throws Exception {
        CHROMIUM.expect("status of (401|404)|ERR_");
        Page page = CHROMIUM.open(SERVER.uri(), "");
        Console console = enter(new Console(page), KEY);
        console.send("sim:events=1000 delay_us=100000");
        assertThat(console.message()).containsText("i=1;");
        // Wait until the database is open: H2 cannot roll back an interrupted migration.
        assertThat(page.locator("#health summary")).hasText("Healthy");

        SERVER.kill();
        assertThat(page.getByText("The connection is lost")).isVisible();
        assertThat(console.list("Streams").getByRole(AriaRole.ALERT))
                .containsText("The server does not answer. Is it running?");
        assertThat(page.locator("#health summary")).hasText("Unreachable");

        SERVER.start();
        assertThat(console.region("Answer").getByRole(AriaRole.ALERT)).containsText("not_found_error");
        assertThat(page.locator("#health summary")).hasText("Healthy");
    }
}
