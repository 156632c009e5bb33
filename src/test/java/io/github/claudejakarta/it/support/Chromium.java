package io.github.claudejakarta.it.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The Chromium of this machine. Each page has its own cookies and storage. After each test all pages are closed. The
 * test fails if a page wrote an unexpected message to its console, sent a request to another server, or opened an
 * unexpected dialog.
 */
public final class Chromium implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final AtomicBoolean SAID = new AtomicBoolean();
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");

    private Playwright playwright;
    private Browser browser;
    private final List<BrowserContext> contexts = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();
    private Pattern expected = Pattern.compile("(?!)");

    @Override
    public void beforeAll(ExtensionContext context) {
        Optional<Path> executable = executable();
        if (executable.isEmpty()) {
            assertThat(Boolean.getBoolean("it.chromium.required"))
                    .as("Chromium is required, but missing on this machine")
                    .isFalse();
            if (!SAID.getAndSet(true)) {
                System.out.println(
                        "[WARNING] The console is not tested: there is no Chromium on this machine (apt-get install chromium).");
            }
            assumeTrue(false, "no Chromium");
        }
        PlaywrightAssertions.setDefaultAssertionTimeout(TIMEOUT.toMillis());
        playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(executable.get())
                        .setArgs(List.of(
                                "--disable-gpu",
                                "--disable-quic",
                                "--no-first-run",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync")));
    }

    private static Optional<Path> executable() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(directory -> NAMES.stream().map(name -> Path.of(directory, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Opens a page of this server in light colours and the width of a desktop. */
    public Page open(URI server, String address) {
        return open(server, address, new Browser.NewContextOptions().setViewportSize(1200, 800));
    }

    public Page openDark(URI server, String address) {
        return open(
                server,
                address,
                new Browser.NewContextOptions().setViewportSize(1200, 800).setColorScheme(ColorScheme.DARK));
    }

    /** Opens a page of this server in the width of a phone. */
    public Page openNarrow(URI server, String address) {
        return open(server, address, new Browser.NewContextOptions().setViewportSize(375, 700));
    }

    public Page open(URI server, String address, Browser.NewContextOptions options) {
        Page page = blank(server, options);
        page.navigate(server.resolve("/") + address);
        return page;
    }

    /** Opens an empty page, which is monitored like the others. */
    public Page blank(URI server, Browser.NewContextOptions options) {
        BrowserContext context = browser.newContext(options);
        contexts.add(context);
        context.setDefaultTimeout(TIMEOUT.toMillis());
        Page page = context.newPage();
        page.onConsoleMessage(
                message -> complaints.add(message.type() + ": " + message.text() + " " + message.location()));
        page.onPageError(complaints::add);
        page.onRequest(request -> {
            URI requested = URI.create(request.url().replaceAll("[#?].*", ""));
            if (!"blob".equals(requested.getScheme()) && !server.getAuthority().equals(requested.getAuthority())) {
                complaints.add("request to " + requested);
            }
        });
        return page;
    }

    /**
     * Allows console messages that match this pattern in this test. Chromium writes a message for each request that
     * fails.
     */
    public void expect(String complaint) {
        expected = Pattern.compile(complaint);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        contexts.forEach(BrowserContext::close);
        contexts.clear();
        List<String> unexpected = complaints.stream()
                .filter(complaint -> !expected.matcher(complaint).find())
                .toList();
        complaints.clear();
        expected = Pattern.compile("(?!)");
        assertThat(unexpected).as("unexpected messages of the pages").isEmpty();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (playwright != null) {
            playwright.close();
        }
    }
}
