package io.github.claudejakarta.it.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.deque.html.axecore.results.Rule;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Response;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.FilePayload;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.BatchCaller;
import io.github.claudejakarta.it.support.Chromium;
import io.github.claudejakarta.it.support.Console;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.Receiver;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Properties of every page of the console: upstream, accessibility and size. */
@ExtendWith(ArquillianExtension.class)
class ConsoleEverywhereIT {

    private static final int MAX_BYTES = 300_000;
    private static final Set<String> SERIOUS = Set.of("serious", "critical");

    @RegisterExtension
    static final Chromium CHROMIUM = new Chromium();

    @Deployment(testable = false)
    static WebArchive war() {
        return Console.war(
                "claude.batch.poll-interval=PT0.5S",
                "claude.webhooks.secret=" + Receiver.SECRET,
                "claude.webhooks.allowed-hosts=localhost");
    }

    private static final List<String> RUNNING = new ArrayList<>();
    private static Receiver receiver;

    @BeforeAll
    static void listen() throws Exception {
        Console.awaitDatabase();
        receiver = new Receiver();
    }

    /** Tests on the same database must not find these batches. */
    @AfterAll
    static void cancelBatches() throws Exception {
        var batches = new BatchCaller(Api.SERVER);
        for (String id : RUNNING) {
            batches.cancelAndAwaitEnd(id);
        }
        receiver.close();
    }

    /** URL fragments, each with a check that its view is complete. */
    private static Map<String, Consumer<Console>> views() throws Exception {
        String stream = Api.json(Api.post("/v1/streams", """
            {"model":"claude-opus-5-5","max_tokens":1024,"thinking":{"type":"adaptive"},
             "tools":[{"name":"weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}],
             "messages":[{"role":"user","content":"What is the weather?"}]}""").body()).getString("id");
        String broken = Api.json(Api.post("/v1/streams", Api.body(false).replace(Api.PROMPT, "sim:error_at=3"))
                        .body())
                .getString("id");
        String invalid = Api.json(
                        Api.post("/v1/streams", Api.body(false).replace(Api.PROMPT, "sim:events=1 tool_input=[1]"))
                                .body())
                .getString("id");
        var batches = new BatchCaller(Api.SERVER);
        String batch = batches.accepted("b", 20, "batch_us=100000 events=3");
        String running = batches.accepted("r", 2, "batch_us=600000000 events=3");
        RUNNING.add(running);
        String job = JobCaller.ofServer()
                .accepted(JobCaller.submissionFor("Hi", JobCaller.callback(receiver.url("/everywhere"))));
        var views = new LinkedHashMap<String, Consumer<Console>>();
        views.put(
                "#/streams",
                console -> assertThat(console.list("Streams").locator("li").first())
                        .isVisible());
        views.put(
                "#/streams/" + stream,
                console -> assertThat(console.fact("Stop reason")).isVisible());
        views.put("#/streams/" + broken, console -> console.await("failed"));
        views.put(
                "#/streams/" + invalid,
                console -> assertThat(console.region("Tool call get_weather").getByRole(AriaRole.ALERT))
                        .isVisible());
        views.put("#/batches", console -> {
            console.field("File")
                    .setInputFiles(new FilePayload(
                            "bad.csv", "text/csv", "custom_id,prompt\n,\n".getBytes(StandardCharsets.UTF_8)));
            assertThat(console.region("Problems by line")).isVisible();
        });
        views.put("#/batches/" + batch, console -> {
            assertThat(console.region("Results").locator("details").first()).isVisible();
            console.region("Results").locator("summary").first().click();
            console.page().getByText("Parts (message batches at Claude)").click();
        });
        views.put(
                "#/batches/" + running,
                console -> assertThat(console.button("Cancel")).isVisible());
        views.put("#/jobs", console -> assertThat(console.button("Submit")).isVisible());
        views.put("#/jobs/" + job, console -> {
            console.await("succeeded");
            assertThat(console.button("Send again")).isVisible();
        });
        views.put(
                "#/usage",
                console -> assertThat(console.page().locator(".chart rect").first())
                        .isVisible());
        return views;
    }

    /** Axe checks the rules of WCAG and good practices. Only serious and critical violations fail the test. */
    @Test
    void everyViewIsAccessible() throws Exception {
        Map<String, Consumer<Console>> views = views();
        for (Page page : List.of(
                CHROMIUM.open(Api.SERVER, ""),
                CHROMIUM.openDark(Api.SERVER, ""),
                CHROMIUM.openNarrow(Api.SERVER, ""))) {
            views.forEach((address, isThere) -> {
                Console console = view(page, address, isThere);
                List<Rule> found = new AxeBuilder(page).analyze().getViolations();
                assertThat(found)
                        .filteredOn(rule -> SERIOUS.contains(rule.getImpact()))
                        .as(address)
                        .extracting(rule -> rule.getId() + " " + rule.getNodes())
                        .isEmpty();
                assertThat(console.page().locator("#upstream"))
                        .hasText("Simulator: no request is sent to Claude, and nothing is charged.");
                assertThat(console.page().locator("#health summary")).hasText("Healthy");
            });
            page.context().close();
        }
    }

    @Test
    void everyViewFitsTheWidthOfAPhone() throws Exception {
        Page page = CHROMIUM.openNarrow(Api.SERVER, "");
        views().forEach((address, isThere) -> {
            view(page, address, isThere);
            assertThat(page.evaluate("document.documentElement.scrollWidth"))
                    .as(address)
                    .isEqualTo(375);
        });
    }

    private static Console view(Page page, String address, Consumer<Console> isThere) {
        page.navigate(Api.SERVER + "/" + address);
        var console = new Console(page);
        isThere.accept(console);
        return console;
    }

    @Test
    void healthIsShownInFull() {
        Console console = new Console(CHROMIUM.open(Api.SERVER, ""));
        console.page().locator("#health summary").click();

        assertThat(console.page().locator(".popup")).containsText("breaker");
        assertThat(console.page().locator(".popup")).containsText("closed");
        assertThat(console.button("API key")).isHidden();
        console.page().keyboard().press("Escape");
        assertThat(console.page().locator(".popup")).isHidden();
    }

    @Test
    void healthFitsTheWidthOfAPhone() {
        Page page = CHROMIUM.openNarrow(Api.SERVER, "");
        page.locator("#health summary").click();
        var box = page.locator(".popup").boundingBox();

        assertThat(box.x).isNotNegative();
        assertThat(box.x + box.width).isLessThanOrEqualTo(375);
        assertThat(box.y).isBetween(0.0, 300.0);
    }

    @Test
    void coloursFollowTheSystemUntilTheUserChooses() {
        Page page = CHROMIUM.openDark(Api.SERVER, "");
        assertThat(page.locator("html")).hasCSS("background-color", "rgb(22, 21, 19)");

        page.getByLabel("Colours").selectOption("light");
        assertThat(page.locator("html")).hasCSS("background-color", "rgb(247, 245, 241)");
        page.reload();
        assertThat(page.locator("html")).hasCSS("background-color", "rgb(247, 245, 241)");
    }

    /** From the URL to the answer, and to another section, without a mouse. */
    @Test
    void theKeyboardIsEnough() {
        Console console = new Console(CHROMIUM.open(Api.SERVER, ""));
        Page page = console.page();
        page.keyboard().press("Tab");
        assertThat(page.getByText("Skip to the content")).isFocused();
        page.keyboard().press("Enter");
        page.keyboard().press("Tab");
        assertThat(console.field("Prompt")).isFocused();
        page.keyboard().type("sim:events=1000 delay_us=50000");
        tabTo(console, "Send");
        assertThat((String) page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
                .isEqualTo("solid");
        page.keyboard().press("Enter");
        assertThat(console.message()).containsText("i=1;");
        tabTo(console, "Stop");
        page.keyboard().press("Space");
        console.await("canceled");

        console.field("Prompt").focus();
        page.keyboard().press("ControlOrMeta+a");
        page.keyboard().type("Hi");
        page.keyboard().press("Control+Enter");
        console.await("completed");

        page.reload();
        for (int presses = 0;
                presses < 20
                        && !page.evaluate("document.activeElement.textContent").equals("Batches");
                presses++) {
            page.keyboard().press("Tab");
        }
        page.keyboard().press("Enter");
        assertThat(console.field("File")).isVisible();
    }

    private static void tabTo(Console console, String button) {
        for (int presses = 0;
                presses < 20
                        && !console.page()
                                .evaluate("document.activeElement.textContent")
                                .equals(button);
                presses++) {
            console.page().keyboard().press("Tab");
        }
        assertThat(console.button(button)).isFocused();
    }

    /** Includes files that are loaded later; without compression, which a proxy may add. */
    @Test
    void theConsoleIsSmallAndLoadsNothingFromElsewhere() {
        var weights = new LinkedHashMap<String, Integer>();
        var policies = new ArrayList<String>();
        Page page = CHROMIUM.blank(Api.SERVER, new Browser.NewContextOptions());
        var responses = new ArrayList<Response>();
        page.onResponse(responses::add);
        page.navigate(Api.SERVER + "/");
        Console console = new Console(page).goTo("Batches");
        console.field("File")
                .setInputFiles(new FilePayload(
                        "a.csv", "text/csv", "custom_id,prompt\na,b\n".getBytes(StandardCharsets.UTF_8)));
        assertThat(page.getByText("1 request in a.csv")).isVisible();
        console.goTo("Jobs").goTo("Usage");
        assertThat(page.getByText("Tokens by day")
                        .or(page.getByText("No usage on these days"))
                        .first())
                .isVisible();

        // Bodies can be read only while the page is open, and reading one may add a response.
        List.copyOf(responses).forEach(response -> weigh(response, weights, policies));
        assertThat(weights.keySet())
                .anyMatch(url -> url.endsWith("marked.esm.js"))
                .anyMatch(url -> url.endsWith("csv.js"))
                .anyMatch(url -> url.endsWith("console.css"));
        assertThat(weights.values().stream().mapToInt(Integer::intValue).sum())
                .as("bytes of " + weights)
                .isLessThan(MAX_BYTES);
        assertThat(policies)
                .isNotEmpty()
                .allSatisfy(policy ->
                        assertThat(policy).startsWith("default-src 'self';").doesNotContain("unsafe"));
    }

    private static void weigh(Response response, Map<String, Integer> weights, List<String> policies) {
        if (!response.url().contains("/v1/") && !response.url().contains("/health/")) {
            weights.put(response.url(), response.body().length);
            policies.add(response.headerValue("content-security-policy"));
        }
    }

    @Test
    void filesOfTwoVersionsAreNotMixed() throws Exception {
        for (String path : List.of("/", "/index.html", "/console/main.js", "/console/console.css")) {
            var first = Api.get(path);
            assertThat(first.statusCode()).as(path).isEqualTo(200);
            assertThat(first.headers().firstValue("cache-control")).as(path).contains("no-cache");
            var again = Api.get(
                    path,
                    "if-modified-since",
                    first.headers().firstValue("last-modified").orElseThrow());
            assertThat(again.statusCode()).as(path).isEqualTo(304);
        }
    }

    @Test
    void unknownFragmentsShowTheStreams() {
        Console console = new Console(CHROMIUM.open(Api.SERVER, "#/constructor"));

        assertThat(console.field("Prompt")).isVisible();
    }
}
