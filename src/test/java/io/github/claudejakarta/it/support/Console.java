package io.github.claudejakarta.it.support;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** The console, as its users operate it: by labels, buttons and headings. */
public record Console(Page page) {

    /** The WAR with the simulator, without retries and without a circuit breaker. */
    public static WebArchive war(String... settings) {
        var all = new ArrayList<>(List.of(
                "claude.upstream=simulator",
                "claude.base-url=",
                "claude.api-key=",
                FaultTolerance.NO_RETRIES,
                FaultTolerance.NO_BREAKER));
        all.addAll(List.of(settings));
        return RealWar.withSettings(all.toArray(String[]::new));
    }

    /** Waits until the database is open. The application opens it when it starts, and may need a second attempt. */
    public static void awaitDatabase() throws Exception {
        Api.await("the database", () -> Api.get("/health/ready").body().contains("\"database\":\"open\""));
    }

    public Locator field(String label) {
        return page.getByLabel(label, new Page.GetByLabelOptions().setExact(true));
    }

    public Locator button(String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    public Console click(String button) {
        button(button).click();
        return this;
    }

    public Console goTo(String section) {
        page.getByRole(
                        AriaRole.LINK,
                        new Page.GetByRoleOptions().setName(section).setExact(true))
                .click();
        return this;
    }

    /** The view of a stream, a batch or a job. */
    public Locator region(String name) {
        return page.getByRole(
                AriaRole.REGION, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    public Locator list(String title) {
        return page.getByRole(AriaRole.COMPLEMENTARY, new Page.GetByRoleOptions().setName(title));
    }

    public Console send(String prompt) {
        field("Prompt").fill(prompt);
        return click("Send");
    }

    /** The answer, with its tool calls and sources. */
    public Locator message() {
        return page.locator(".message");
    }

    public String text() {
        return message().textContent();
    }

    public Locator fact(String name) {
        return page.locator("dl:not(.popup *) > div")
                .filter(new Locator.FilterOptions()
                        .setHas(page.locator(
                                "dt", new Page.LocatorOptions().setHasText(Pattern.compile("^" + name + "$")))))
                .locator("dd");
    }

    public Locator status() {
        return page.locator(".bar .chip").first();
    }

    public Console await(String status) {
        assertThat(status()).hasText(status);
        return this;
    }

    /** The id in the URL of the page. */
    public String id() {
        page.waitForURL(Pattern.compile("#/\\w+/\\w+"));
        return page.url().substring(page.url().lastIndexOf('/') + 1);
    }
}
