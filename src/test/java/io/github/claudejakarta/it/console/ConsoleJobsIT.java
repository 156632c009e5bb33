package io.github.claudejakarta.it.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.Chromium;
import io.github.claudejakarta.it.support.Console;
import io.github.claudejakarta.it.support.CuttableLine;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.Receiver;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Jobs in the console: submission, watching, callbacks and retries. */
@ExtendWith(ArquillianExtension.class)
class ConsoleJobsIT {

    @RegisterExtension
    static final Chromium CHROMIUM = new Chromium();

    @Deployment(testable = false)
    static WebArchive war() {
        return Console.war("claude.webhooks.secret=" + Receiver.SECRET, "claude.webhooks.allowed-hosts=localhost");
    }

    @BeforeAll
    static void awaitDatabase() throws Exception {
        Console.awaitDatabase();
    }

    private static Console open() {
        return new Console(CHROMIUM.open(Api.SERVER, "#/jobs"));
    }

    private static Console submit(String prompt) {
        Console console = open();
        console.field("Prompt").fill(prompt);
        return console.click("Submit");
    }

    @Test
    void aJobIsSubmittedAndItsMessageShown() throws Exception {
        Console console = submit("Write a haiku about *tea*.").await("succeeded");

        assertThat(console.message()).containsText("You wrote: “Write a haiku about tea.”.");
        assertThat(console.message().locator("em")).hasText("tea");
        assertThat(console.fact("Attempts")).hasText("1");
        assertThat(console.fact("Stop reason")).hasText("complete (end_turn)");
        assertThat(console.list("Jobs").locator("a[aria-current] .chip")).hasText("succeeded");
        assertThat(JobCaller.ofServer().job(console.id()).getString("status")).isEqualTo("succeeded");
    }

    @Test
    void aToolCallWithInvalidInputHasAnAlert() {
        Console console = submit("sim:events=1 tool_input=[1]").await("succeeded");

        Locator call = console.region("Tool call get_weather");
        assertThat(call.getByRole(AriaRole.ALERT)).containsText("not valid JSON");
        assertThat(call.getByRole(AriaRole.ALERT)).containsText("Do not run this tool");
        assertThat(call.locator("code")).hasText("[1]");
    }

    @Test
    void aRunningJobIsWatchedAndCanceled() throws Exception {
        Console console = submit("sim:events=1000 delay_us=50000").await("running");
        String id = console.id();

        console.page()
                .getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Watch"))
                .click();
        assertThat(console.message()).containsText("i=3;");
        assertThat(console.status()).hasText("running");
        console.page().goBack();
        console.click("Cancel").await("canceled");

        assertThat(console.id()).isEqualTo(id);
        assertThat(JobCaller.ofServer().job(id).getString("status")).isEqualTo("canceled");
    }

    @Test
    void aFailedJobShowsItsErrorAndIsRetried() {
        Console console =
                submit("sim:status=400 times=1 key=console-job events=1").await("failed");
        assertThat(console.region("Job").getByRole(AriaRole.ALERT)).containsText("invalid_request_error");

        console.click("Retry").await("succeeded");

        assertThat(console.message()).containsText("i=0;");
        assertThat(console.region("Job").getByRole(AriaRole.ALERT)).isHidden();
    }

    @Test
    void anErrorDisappearsWhenItsCauseIsGone() throws Exception {
        CHROMIUM.expect("ERR_");
        try (var line = new CuttableLine(Api.SERVER)) {
            String id = JobCaller.ofServer().accepted(JobCaller.submissionFor("sim:events=1000 delay_us=50000"));
            Console console = new Console(CHROMIUM.open(line.uri(), "#/jobs/" + id)).await("running");
            line.cut();
            assertThat(console.region("Job").getByRole(AriaRole.ALERT)).containsText("The server does not answer");
            line.mend();
            assertThat(console.region("Job").getByRole(AriaRole.ALERT)).isHidden();
            console.click("Cancel").await("canceled");
        }
    }

    @Test
    void deliveriesAreShownAndSentAgain() throws Exception {
        try (var receiver = new Receiver()) {
            receiver.answer("/console", Receiver.status(500));
            Console console = open();
            console.field("Prompt").fill("sim:events=1");
            console.field("Callback URL").fill(receiver.url("/console"));
            console.click("Submit").await("succeeded");

            assertThat(console.region("Deliveries")).containsText("job.succeeded");
            assertThat(console.region("Deliveries")).containsText("500");
            console.click("Send again");
            assertThat(console.region("Deliveries").locator(".chip")).hasText("delivered");
            assertThat(receiver.await("/console", 2).get(1).data().getString("id"))
                    .isEqualTo(console.id());
        }
    }

    @Test
    void errorsOfTheServerAreShown() {
        CHROMIUM.expect("status of (400|404)");
        Console console = open();
        console.field("Prompt").fill("Hi");
        console.field("Callback URL").fill("http://127.0.0.1:1/");
        console.click("Submit");
        assertThat(console.page().locator("form").getByRole(AriaRole.ALERT)).containsText("callback_url");

        console.page().navigate(Api.SERVER + "/#/jobs/job_none");
        assertThat(console.region("Job").getByRole(AriaRole.ALERT)).containsText("not_found_error");
    }
}
