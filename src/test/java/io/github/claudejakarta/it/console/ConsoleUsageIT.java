package io.github.claudejakarta.it.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.Chromium;
import io.github.claudejakarta.it.support.Console;
import java.nio.file.Files;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Usage in the console, as a chart and as a table. */
@ExtendWith(ArquillianExtension.class)
class ConsoleUsageIT {

    private static final String MODEL = "claude-console-test";

    @RegisterExtension
    static final Chromium CHROMIUM = new Chromium();

    @Deployment(testable = false)
    static WebArchive war() {
        return Console.war("claude.prices." + MODEL + ".input=1000000", "claude.prices." + MODEL + ".output=2000000");
    }

    @BeforeAll
    static void awaitDatabase() throws Exception {
        Console.awaitDatabase();
    }

    @Test
    void usageIsShownAsAChartAndATable() throws Exception {
        var message = Api.post(
                "/v1/messages",
                Api.body(false).replace("claude-opus-5-5", MODEL).replace(Api.PROMPT, "sim:events=17"));
        int input = Api.json(message.body()).getJsonObject("usage").getInt("input_tokens");
        String query = "/v1/usage?model=" + MODEL;
        Api.await("the usage", () -> Api.get(query).body().contains(MODEL));
        Console console = new Console(CHROMIUM.open(Api.SERVER, "#/usage"));

        String today = LocalDate.now(ZoneOffset.UTC).toString();
        Locator bar = console.page()
                .locator(".chart rect:has(title:text-is('" + today + ", " + MODEL + ": " + (input + 17) + "'))");
        assertThat(bar).hasCount(1);
        Locator row = console.region("Usage by day, caller and model")
                .locator("tr", new Locator.LocatorOptions().setHasText(MODEL));
        assertThat(row.locator("td").allTextContents())
                .isEqualTo(List.of(
                        today,
                        "local",
                        MODEL,
                        "messages (simulator)",
                        "1",
                        Integer.toString(input),
                        "17",
                        "0",
                        Integer.toString(input + 34)));
        assertThat(console.page()
                        .getByRole(AriaRole.IMG, new Page.GetByRoleOptions().setName("Tokens by day and model")))
                .isVisible();

        console.field("Show").selectOption("Requests");
        console.field("By").selectOption("Caller");
        assertThat(console.page().getByText("Requests by day and caller")).isVisible();
        assertThat(console.page().locator(".chart .legend")).containsText("local");

        var download = console.page().waitForDownload(() -> console.click("Download CSV"));
        assertThat(Files.readString(download.path()))
                .contains(today + ",local," + MODEL + ",messages,1," + input + ",17");
    }

    @Test
    void daysWithoutUsageShowAdvice() {
        Console console = new Console(CHROMIUM.open(Api.SERVER, "#/usage"));
        console.field("To (UTC)").fill("2020-01-02");
        assertThat((Boolean) console.page().evaluate("document.querySelector('form').checkValidity()"))
                .isFalse();
        console.field("From (UTC)").fill("2020-01-01");

        assertThat(console.page().getByText("No usage on these days.")).isVisible();
    }

    @Test
    void tooManyDaysAreRejectedWithAMessage() {
        CHROMIUM.expect("status of 400");
        Console console = new Console(CHROMIUM.open(Api.SERVER, "#/usage"));
        console.field("From (UTC)").fill("2020-01-01");

        assertThat(console.page().getByRole(AriaRole.ALERT)).containsText("400 days");
    }
}
