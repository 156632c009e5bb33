package io.github.claudejakarta.it.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.FilePayload;
import com.microsoft.playwright.options.ReducedMotion;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.Chromium;
import io.github.claudejakarta.it.support.Console;
import io.github.claudejakarta.it.support.Receiver;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Takes the pictures in {@code docs/images} again. Run by {@code docs/images/take}, not with the tests. */
@ExtendWith(ArquillianExtension.class)
class ConsolePictures {

    private static final Path IMAGES = Path.of(System.getProperty("console.pictures", "docs/images"));

    @RegisterExtension
    static final Chromium CHROMIUM = new Chromium();

    private static Receiver receiver;

    @Deployment(testable = false)
    static WebArchive war() {
        return Console.war(
                "claude.batch.poll-interval=PT0.5S",
                "claude.webhooks.secret=" + Receiver.SECRET,
                "claude.webhooks.allowed-hosts=localhost",
                "claude.prices.claude-opus-5-5.input=5",
                "claude.prices.claude-opus-5-5.output=25",
                "claude.prices.claude-haiku-4-5.input=1",
                "claude.prices.claude-haiku-4-5.output=5");
    }

    @BeforeAll
    static void listen() throws Exception {
        Console.awaitDatabase();
        receiver = new Receiver();
        Api.post(
                "/v1/messages",
                Api.body(false).replace("claude-opus-5-5", "claude-haiku-4-5").replace(Api.PROMPT, "sim:events=900"));
    }

    @AfterAll
    static void close() {
        receiver.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"LIGHT", "DARK"})
    void take(ColorScheme colours) {
        Page page = CHROMIUM.open(
                Api.SERVER,
                "",
                new Browser.NewContextOptions()
                        .setViewportSize(1080, 720)
                        .setColorScheme(colours)
                        .setReducedMotion(ReducedMotion.REDUCE));
        Console console = new Console(page);

        page.setViewportSize(1080, 1010);
        page.getByText("System prompt, sample tool and document").click();
        console.field("Sample tool: ask for the weather in a city").check();
        page.getByText("System prompt, sample tool and document").click();
        console.field("Thinking").selectOption("adaptive");
        console.send("Ask the weather tool whether it rains in Jakarta.").await("completed");
        page.getByText("Raw events").click();
        page.evaluate("scrollTo(0, 0)");
        save(page, "streams", colours);
        page.setViewportSize(1080, 720);

        console.goTo("Batches");
        console.field("File")
                .setInputFiles(new FilePayload(
                        "questions.csv",
                        "text/csv",
                        "custom_id,prompt\nclaim-1,Summarise it.\nclaim 2,\nclaim-1,x\n"
                                .getBytes(StandardCharsets.UTF_8)));
        assertThat(console.region("Problems by line")).isVisible();
        save(page, "batch-file", colours);
        String questions = "custom_id,prompt\n"
                + IntStream.range(0, 40)
                        .mapToObj(row -> "claim-" + row + ","
                                + (row % 9 == 4
                                        ? "sim:outcome=errored error_type=overloaded_error\n"
                                        : row % 17 == 5 ? "sim:outcome=expired\n" : "Summarise claim " + row + ".\n"))
                        .collect(Collectors.joining());
        console.field("File")
                .setInputFiles(
                        new FilePayload("questions.csv", "text/csv", questions.getBytes(StandardCharsets.UTF_8)));
        assertThat(page.getByText("ready to submit")).isVisible();
        console.click("Submit").await("ended");
        assertThat(console.region("Results").locator("details")).hasCount(40);
        save(page, "batch", colours);

        console.goTo("Jobs");
        console.field("Prompt").fill("Write to the customer.");
        console.field("Callback URL").fill(receiver.url("/claude"));
        console.click("Submit").await("succeeded");
        assertThat(console.region("Deliveries").locator(".chip")).hasText("delivered");
        page.setViewportSize(1080, 900);
        save(page, "job", colours);
        page.setViewportSize(1080, 720);

        console.goTo("Usage");
        console.field("From (UTC)")
                .fill(LocalDate.now(ZoneOffset.UTC).minusDays(6).toString());
        console.field("Show").focus();
        assertThat(page.locator(".chart rect").first()).isVisible();
        save(page, "usage", colours);
    }

    private static void save(Page page, String view, ColorScheme colours) {
        page.evaluate("document.activeElement.blur()");
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(IMAGES.resolve(view + "-" + colours.name().toLowerCase(Locale.ROOT) + ".png")));
    }
}
