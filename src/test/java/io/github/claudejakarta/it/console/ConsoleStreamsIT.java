package io.github.claudejakarta.it.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.Chromium;
import io.github.claudejakarta.it.support.Console;
import io.github.claudejakarta.it.support.CuttableLine;
import io.github.claudejakarta.it.support.SseEvent;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Pattern;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Streams in the console: started, shown while they grow, stopped, watched by others, and resumed. */
@ExtendWith(ArquillianExtension.class)
class ConsoleStreamsIT {

    private static final int MAX_TASK_MILLIS = 200;
    private static final String COUNT_LONG_TASKS =
            "window.longTasks = []; new PerformanceObserver(list => list.getEntries().forEach("
                    + "entry => window.longTasks.push(entry.duration))).observe({ type: 'longtask', buffered: true });";

    @RegisterExtension
    static final Chromium CHROMIUM = new Chromium();

    @Deployment(testable = false)
    static WebArchive war() {
        return Console.war();
    }

    @BeforeAll
    static void awaitDatabase() throws Exception {
        Console.awaitDatabase();
    }

    private static Console open() {
        return open("#/streams");
    }

    private static Console open(String address) {
        return new Console(CHROMIUM.open(Api.SERVER, address));
    }

    private static String textOf(String id) throws Exception {
        return Api.get("/v1/streams/" + id, "accept", "text/plain").body();
    }

    @Test
    void anAnswerIsShownWhileItGrows() throws Exception {
        Console console = open().send("sim:events=150 delay_us=50000");

        assertThat(console.message()).containsText("i=3;");
        assertThat(console.status()).hasText("running");
        String before = console.text();
        assertThat(console.message()).containsText("i=10;");
        assertThat(console.status()).hasText("running");
        assertThat(console.text()).startsWith(before).hasSizeGreaterThan(before.length());
        console.await("completed");
        assertThat(console.text()).isEqualToNormalizingWhitespace(textOf(console.id()));
        assertThat(console.button("Stop")).isHidden();
    }

    @Test
    void theEndAndTheUsageAreShown() {
        Console console = open();
        console.field("Model").fill("claude-haiku-4-5");
        console.field("Max tokens").fill("4096");
        console.send("sim:events=7 first_us=300000 delay_us=400000").await("completed");

        assertThat(console.fact("Model")).hasText("claude-haiku-4-5");
        assertThat(console.fact("Stop reason")).hasText("complete (end_turn)");
        assertThat(console.fact("Output tokens")).hasText("7");
        assertThat(console.fact("Input tokens")).hasText(Pattern.compile("[1-9]\\d*"));
        assertThat(console.fact("Time to first token")).hasText(Pattern.compile("\\d+\\.\\d s"));
        assertThat(console.fact("Speed")).hasText(Pattern.compile("[1-9]\\d* tokens/s"));
        assertThat(console.fact("Events")).hasText("13");

        String measured = console.fact("Time to first token").textContent()
                + console.fact("Speed").textContent();
        console.goTo("Jobs");
        assertThat(console.button("Submit")).isVisible();
        console.page().goBack();
        assertThat(console.fact("Stop reason")).isVisible();
        assertThat(console.fact("Time to first token").textContent()
                        + console.fact("Speed").textContent())
                .isEqualTo(measured);
    }

    @Test
    void thinkingIsFoldedAndTheInputOfAToolGrows() {
        Console console = open();
        console.field("Thinking").selectOption("adaptive");
        console.page().getByText("System prompt, sample tool and document").click();
        console.field("Sample tool: ask for the weather in a city").check();
        console.field("System").fill("Be brief.");
        console.send("sim:tool=1 events=1 delay_us=400000");

        assertThat(console.message()).containsText("Thinking …");
        Locator input = console.region("Tool call weather").locator("code");
        assertThat(input).hasText(Pattern.compile("^\\{\"ci[^}]*$"));
        console.await("completed");
        assertThat(input).hasText("{ \"city\": \"Paris\", \"unit\": \"celsius\" }");
        assertThat(console.fact("Stop reason")).hasText("waits for the tool (tool_use)");
        Locator thoughts = console.message().getByText("I am a simulator");
        assertThat(thoughts).isHidden();
        console.message().getByText("Thinking (").click();
        assertThat(thoughts).isVisible();
    }

    @Test
    void aToolCallWithInvalidInputHasAnAlert() throws Exception {
        Console console = open().send("sim:events=1 delay_us=100000 tool_input={\"city\":\"Par")
                .await("completed");

        Locator call = console.region("Tool call get_weather");
        assertThat(call.getByRole(AriaRole.ALERT)).containsText("not valid JSON");
        assertThat(call.getByRole(AriaRole.ALERT)).containsText("Do not run this tool");
        assertThat(call.locator("code")).hasText("{\"city\":\"Par");
        console.page().reload();
        assertThat(call.getByRole(AriaRole.ALERT)).containsText("not valid JSON");

        console.send("sim:events=1 tool_input={}").await("completed");
        assertThat(call.locator("code")).hasText("{}");
        assertThat(call.getByRole(AriaRole.ALERT)).hasCount(0);
    }

    /** A browser parses JSON of any depth. The server does not, and a program that runs the tool may not either. */
    @Test
    void anInputThatOnlyTheServerRejectsHasAnAlert() throws Exception {
        String deep = "{\"a\":" + "[".repeat(1_001) + "]".repeat(1_001) + "}";
        Console console = open().send("sim:events=1 tool_input=" + deep).await("completed");

        assertThat(Api.stream(console.id()).getJsonArray("unparsed_tool_inputs"))
                .hasSize(1);
        assertThat(console.region("Tool call get_weather").getByRole(AriaRole.ALERT))
                .containsText("Do not run this tool");
        assertThat(console.region("Tool call get_weather").locator("code")).hasText(deep);
    }

    @Test
    void aCitationIsMarkedAndItsSourceNamed() {
        Console console = open();
        console.page().getByText("System prompt, sample tool and document").click();
        console.field("Sample document to cite: ask for the opening hours").check();
        console.send("When?").await("completed");

        assertThat(console.message().locator("p").last())
                .hasText("The document says: The counter opens at nine in the morning.[1]");
        Locator sources = console.page().getByRole(AriaRole.LIST, new Page.GetByRoleOptions().setName("Sources"));
        assertThat(sources).containsText("Opening hours");
        assertThat(sources.locator("q")).hasText("The counter opens at nine in the morning.");
    }

    @Test
    void stopEndsTheStreamEverywhereAndKeepsItsText() throws Exception {
        Console console = open().send("sim:events=1000 delay_us=50000");
        assertThat(console.message()).containsText("i=3;");

        console.click("Stop").await("canceled");

        assertThat(console.message()).containsText("i=3;");
        assertThat(console.page().getByText("Stopped. The text received so far is below."))
                .isVisible();
        assertThat(Api.stream(console.id()).getString("status")).isEqualTo("canceled");
        assertThat(console.list("Streams").locator("a[aria-current] .chip")).hasText("canceled");
    }

    @Test
    void anyoneWithTheLinkWatchesFromTheBeginningAndLive() throws Exception {
        Console first = open().send("sim:events=150 delay_us=50000");
        assertThat(first.message()).containsText("i=5;");

        Console second = open("#/streams/" + first.id());

        assertThat(second.message()).containsText("i=0;");
        assertThat(second.status()).hasText("running");
        assertThat(second.list("Streams").locator("a[aria-current]")).containsText("2 watching");
        first.await("completed");
        second.await("completed");
        assertThat(second.text()).isEqualTo(first.text()).isEqualToNormalizingWhitespace(textOf(first.id()));
    }

    /** A browser has six connections to a server, but many tabs. */
    @Test
    void aHiddenPageHoldsNoConnection() throws Exception {
        Console console = open().send("sim:events=240 delay_us=50000");
        assertThat(console.message()).containsText("i=3;");
        String hide =
                "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }";

        console.page().evaluate(hide, true);
        Api.await("no watchers", () -> Api.stream(console.id()).getInt("subscribers") == 0);
        assertThat(Api.stream(console.id()).getString("status")).isEqualTo("running");
        console.page().evaluate(hide, false);

        console.await("completed");
        assertThat(console.text()).isEqualToNormalizingWhitespace(textOf(console.id()));
        assertThat(console.fact("Events")).hasText("246");
    }

    @Test
    void silenceIsReported() {
        Console console = open().send("sim:events=5 stall_at=2");

        assertThat(console.page().getByText("No event received for")).isVisible();
        assertThat(console.fact("Output tokens")).hasText("–");
        console.click("Stop").await("canceled");
        assertThat(console.page().getByText("No event received for")).isHidden();
    }

    @Test
    void theThinkingBudgetIsBelowMaxTokens() {
        Console console = open();
        console.field("Thinking").selectOption("enabled");
        console.field("Max tokens").fill("1024");
        assertThat((Boolean) console.page().evaluate("document.querySelector('form').checkValidity()"))
                .isFalse();
        console.field("Max tokens").fill("1025");
        console.send("Hi").await("completed");
        assertThat(console.message()).containsText("Thinking (");
        assertThat(console.page().locator(".sent-prompt")).hasText("Hi");
    }

    @Test
    void aStreamFromElsewhereIsOpenedFromTheList() throws Exception {
        Console console = open();
        String id = Api.startStream();

        console.list("Streams")
                .getByRole(AriaRole.LINK)
                .filter(new Locator.FilterOptions().setHasText(id.substring(0, 18)))
                .click();

        console.await("completed");
        assertThat(console.message()).containsText("You wrote: “" + Api.PROMPT + "”");
        assertThat(console.page()).hasTitle("Streams – claude-jakarta");
    }

    @Test
    void aCutConnectionIsResumedWithoutALostOrRepeatedEvent() throws Exception {
        CHROMIUM.expect("Failed to load resource");
        try (var line = new CuttableLine(Api.SERVER)) {
            Console console = new Console(CHROMIUM.open(line.uri(), "#/streams")).send("sim:events=100 delay_us=50000");
            assertThat(console.message()).containsText("i=10;");
            line.cut();
            assertThat(console.page().getByText("The connection is lost")).isVisible();
            line.mend();
            assertThat(console.message()).containsText("i=25;");
            assertThat(console.page().getByText("The connection is lost")).isHidden();
            line.cut();
            line.mend();
            console.await("completed");

            assertThat(console.text()).isEqualToNormalizingWhitespace(textOf(console.id()));
            assertThat(console.fact("Events")).hasText("106");
            assertThat(Pattern.compile("(?i)last-event-id: \\d+")
                            .matcher(line.requests())
                            .results())
                    .hasSizeGreaterThanOrEqualTo(2);
        }
    }

    @Test
    void errorsAndRefusalsAreShown() {
        Console console = open().send("sim:events=9 error_at=3");
        console.await("failed");
        assertThat(console.region("Answer").getByRole(AriaRole.ALERT)).containsText("overloaded_error");
        assertThat(console.message()).containsText("i=2;");

        console.send("sim:refusal=1").await("completed");
        assertThat(console.fact("Stop reason")).hasText("refused (refusal)");
        assertThat(console.fact("Refusal")).containsText("cyber");
    }

    @Test
    void errorsOfTheServerAreShownAtTheForm() {
        CHROMIUM.expect("status of (400|404)");
        Console console = open();
        console.field("Model").fill(" ");
        console.send("Hi");
        assertThat(console.page().locator("form").getByRole(AriaRole.ALERT))
                .containsText("invalid_request_error model");

        console.page().navigate(Api.SERVER + "/#/streams/stream_none");
        assertThat(console.region("Answer").getByRole(AriaRole.ALERT)).containsText("not_found_error");
        assertThat(console.region("Answer")).containsText("kept for ten minutes");
    }

    @Test
    void rawEventsAreShownAndDownloadedUnchanged() throws Exception {
        Console console = open().send("sim:events=5 unknown=1").await("completed");
        console.page().getByText("Raw events").click();

        List<SseEvent> events = Api.events(console.id());
        assertThat(console.page().locator(".raw b").allTextContents())
                .isEqualTo(events.stream().map(SseEvent::name).toList());
        assertThat(console.page().locator(".raw code").allTextContents())
                .isEqualTo(events.stream().map(SseEvent::data).toList());
        var download = console.page().waitForDownload(() -> console.click("Download events"));
        assertThat(Files.readString(download.path()))
                .isEqualTo(Api.send(Api.watching(console.id())).body());
    }

    @Test
    void splitCharactersAreShownWhole() throws Exception {
        Console console = open().send("sim:events=20 split=1 crlf=1").await("completed");

        assertThat(console.text()).isEqualToNormalizingWhitespace(textOf(console.id()));
    }

    /**
     * Other work of the machine also makes tasks long. A page that freezes does so in each run, so the best of three
     * counts.
     */
    @Test
    void tenThousandEventsDoNotFreezeThePage() throws Exception {
        double shortest = Double.MAX_VALUE;
        for (int run = 0; run < 3 && shortest >= MAX_TASK_MILLIS; run++) {
            shortest = Math.min(shortest, longestTask());
        }
        assertThat(shortest)
                .as("ms of the longest task, in the best of three runs")
                .isLessThan(MAX_TASK_MILLIS);
    }

    /** The longest task in milliseconds, of a page that shows the events live and then from the beginning. */
    private static double longestTask() throws Exception {
        Page page = CHROMIUM.blank(Api.SERVER, new Browser.NewContextOptions());
        page.addInitScript(COUNT_LONG_TASKS);
        page.navigate(Api.SERVER + "/");
        Console console = new Console(page);
        console.send("sim:events=10000 size=24");
        page.getByText("Raw events").click();
        assertThat(console.status()).hasText("completed", new LocatorAssertions.HasTextOptions().setTimeout(60_000));

        assertThat(console.fact("Events")).hasText("10,006");
        assertThat(console.text()).isEqualToNormalizingWhitespace(textOf(console.id()));
        double live = longestTask(page);
        page.reload();
        console.await("completed");
        assertThat(console.fact("Events")).hasText("10,006");
        return Math.max(live, longestTask(page));
    }

    private static double longestTask(Page page) {
        return ((Number) page.evaluate("Math.max(0, ...window.longTasks)")).doubleValue();
    }
}
