package io.github.claudejakarta.it;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.FilePayload;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Batches in the console, from a file to a file. */
@ExtendWith(ArquillianExtension.class)
class ConsoleBatchesIT {

    @RegisterExtension
    static final Chromium CHROMIUM = new Chromium();

    @Deployment(testable = false)
    static WebArchive war() {
        return Console.war("claude.batch.poll-interval=PT0.5S");
    }

    private static Console open() {
        return new Console(CHROMIUM.open(Api.SERVER, "#/batches"));
    }

    private static Console choose(Console console, String name, String content) {
        return choose(console, name, content.getBytes(UTF_8));
    }

    private static Console choose(Console console, String name, byte[] content) {
        console.field("File").setInputFiles(new FilePayload(name, "", content));
        return console;
    }

    /** Line and problem of each row. */
    private static List<String> problems(Console console) {
        Locator table = console.region("Problems by line");
        assertThat(table).isVisible();
        return table.locator("tbody tr").all().stream().map(row -> String.join(" ", row.locator("td").allTextContents())).toList();
    }

    private static List<String> postings(Page page) {
        List<String> urls = new ArrayList<>();
        page.onRequest(request -> {
            if (request.method().equals("POST")) {
                urls.add(request.url());
            }
        });
        return urls;
    }

    private static String csv(int rows) {
        return "custom_id,prompt\n" + IntStream.range(0, rows).mapToObj(row -> "row-" + row + ",Write a haiku about " + row + ".\n").collect(Collectors.joining());
    }

    @Test
    void whatIsWrongWithACsvIsSaidByLineBeforeAnythingIsSent() {
        Console console = open();
        List<String> sent = postings(console.page());
        choose(console, "bad.csv", "custom_id,prompt,max_tokens\na,\"two\nlines\",\nb,,\n\na,x,\nc c,x,1.5\nd,x\n,x,\n");

        assertThat(problems(console)).containsExactly("4 prompt: Field required", "6 custom_id: a is on line 2 already",
            "7 custom_id: 1 to 64 letters, digits, _ and - are allowed", "7 params.max_tokens: Input should be an integer greater than 0",
            "8 There are 2 cells, and 3 columns", "9 custom_id: Field required");
        assertThat(console.button("Submit")).isDisabled();
        assertThat(console.page().getByText("6 problems in bad.csv; nothing was sent.")).isVisible();

        choose(console, "other.csv", "id,question\na,x\n");
        assertThat(console.page().getByText("problems in other.csv")).isVisible();
        assertThat(problems(console)).contains("1 There is no column custom_id", "1 There is no column prompt");

        choose(console, "open.csv", "custom_id,prompt\na,\"never closed\nb,x\n");
        assertThat(console.page().getByText("in open.csv")).isVisible();
        assertThat(problems(console)).containsExactly("2 A quotation mark is open, or in the wrong place");

        choose(console, "old.csv", "custom_id;prompt\na;Grüße\n".getBytes(Charset.forName("windows-1252")));
        assertThat(console.page().getByText("in old.csv")).isVisible();
        assertThat(problems(console)).containsExactly("2 This is not UTF-8; choose another encoding");
        console.field("Encoding of the file").selectOption("windows-1252");
        assertThat(console.page().getByText("1 request in old.csv")).isVisible();

        choose(console, "empty.csv", "custom_id,prompt\n");
        assertThat(console.page().getByText("1 problem in empty.csv")).isVisible();
        assertThat(problems(console)).containsExactly("1 There are no requests in this file");
        assertThat(sent).isEmpty();
    }

    @Test
    void whatIsWrongWithJsonLinesToo() {
        Console console = open();
        List<String> sent = postings(console.page());
        choose(console, "bad.ndjson", BatchCaller.line("a", "events=1") + "\n{\"custom_id\":\n[]\n{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"messages\":[]}}\n"
            + "{\"custom_id\":\"b\"}\n" + BatchCaller.line("c", "events=1").replace("\"max_tokens\"", "\"stream\":true,\"speed\":\"fast\",\"max_tokens\""));

        List<String> problems = problems(console);
        assertThat(problems.get(0)).startsWith("3 This is not JSON");
        assertThat(problems.subList(1, problems.size())).containsExactly("4 Each line is an object: {\"custom_id\":\"...\",\"params\":{...}}",
            "5 custom_id: a is on line 1 already", "5 params.messages: Field required, with at least one message", "5 params.max_tokens: Field required",
            "6 params: Field required, an object", "7 params.stream: a batch cannot be streamed", "7 params.speed: not available in a batch");

        choose(console, "many.ndjson", "{}\n".repeat(500));
        assertThat(console.page().getByText("More than 100 problems in many.ndjson")).isVisible();
        choose(console, "bytes.jsonl", new byte[] {'{', (byte) 0xc3, '\n'});
        assertThat(console.page().getByText("in bytes.jsonl")).isVisible();
        assertThat(problems(console)).containsExactly("1 This is not UTF-8");
        assertThat(sent).isEmpty();
    }

    /** The console's rules are the server's: what it finds nothing wrong with is accepted, and the other way round. */
    @Test
    void theServerIsOfTheSameMind() throws Exception {
        Console console = open();
        String rest = "\"params\":{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}";
        List<String> lines = List.of("\ufeff{\"custom_id\":\"a\"," + rest, "{\"custom_id\":\"a.b\"," + rest, "{\"custom_id\":\"" + "x".repeat(64) + "\"," + rest,
            "{\"custom_id\":\"" + "x".repeat(65) + "\"," + rest, "{\"custom_id\":7," + rest, "{\"custom_id\":\"a\"," + rest.replace("1,", "0,"),
            "{\"custom_id\":\"a\"," + rest.replace("1,", "1.0,"), "{\"custom_id\":\"a\"," + rest.replace("\"m\"", "\"\""), "{\"custom_id\":\"a\","
            + rest.replace("\"max_tokens\"", "\"stream\":false,\"max_tokens\""), "{\"custom_id\":\"a\"," + rest.replace("\"max_tokens\"", "\"speed\":null,\"max_tokens\""),
            "{\"custom_id\":\"a\"," + rest + "x", "\"a\"", " ");
        for (int index = 0; index < lines.size(); index++) {
            String name = "line-" + index + ".ndjson";
            choose(console, name, lines.get(index));
            assertThat(console.page().locator(".findings > p")).containsText(name + (isGood(lines.get(index)) ? ", nothing wrong" : "; nothing was sent"));
        }
    }

    private static boolean isGood(String line) throws Exception {
        var response = new BatchCaller(Api.SERVER).submit(line);
        assertThat(response.statusCode()).as(response::body).isIn(202, 400);
        return response.statusCode() == 202;
    }

    @Test
    void aSpreadsheetIsSubmittedFollowedLookedThroughAndDownloaded() throws Exception {
        Console console = open();
        String outcomes = "bad,sim:outcome=errored error_type=api_error times=1 key=console-bad\nlate,sim:outcome=expired times=1 key=console-late\n";
        choose(console, "haikus.csv", csv(60) + outcomes);
        assertThat(console.page().getByText("62 requests in haikus.csv, nothing wrong that can be seen from here.")).isVisible();
        console.click("Submit");

        assertThat(console.fact("Requests")).hasText("62");
        assertThat(console.fact("Elapsed")).hasText(Pattern.compile("[2-9]\\.\\d s"));
        assertThat(console.fact("Parts that have ended")).hasText("0 of 1");
        console.await("ended");
        assertThat(console.fact("Parts that have ended")).hasText("1 of 1");
        assertThat(console.page().getByRole(AriaRole.IMG, new Page.GetByRoleOptions().setName("Outcomes: 60 succeeded, 1 errored, 1 expired"))).isVisible();
        assertThat(console.page().locator(".outcomes rect")).hasCount(3);

        Locator results = console.region("Results");
        assertThat(results.locator("details")).hasCount(50);
        console.click("Show more");
        assertThat(results.locator("details")).hasCount(62);
        console.field("Search by custom_id").fill("row-5");
        assertThat(results).containsText("11 of 62 results.");
        console.field("Outcome").selectOption("expired");
        assertThat(results).containsText("0 of 62 results. Nothing fits");
        console.field("Search by custom_id").fill("");
        assertThat(results.locator("details")).hasCount(1);
        results.locator("summary").click();
        assertThat(results).containsText("Claude did not come to it within a day.");
        console.field("Outcome").selectOption("succeeded");
        console.field("Search by custom_id").fill("row-59");
        assertThat(results).containsText("1 of 62 results.");
        results.locator("summary").click();
        assertThat(results.locator(".message")).containsText("You wrote: “Write a haiku about 59.”.");

        String path = "/v1/batches/" + console.id() + "/results";
        var spreadsheet = console.page().waitForDownload(() -> console.click("Download CSV"));
        assertThat(spreadsheet.suggestedFilename()).isEqualTo(console.id() + ".csv");
        assertThat(Files.readString(spreadsheet.path())).isEqualTo(Api.get(path, "accept", "text/csv").body()).contains("row-59,succeeded");
        var lines = console.page().waitForDownload(() -> console.click("Download NDJSON"));
        assertThat(lines.suggestedFilename()).isEqualTo(console.id() + ".ndjson");
        assertThat(Files.readString(lines.path())).isEqualTo(Api.get(path).body()).hasLineCount(62);

        console.click("Send failed ones again").await("in progress");
        assertThat(console.list("Batches").locator("a[aria-current] .chip")).hasText("in progress");
        console.await("ended");
        assertThat(console.page().locator(".outcomes")).containsText("62 succeeded");
        assertThat(console.fact("Parts that have ended")).hasText("2 of 2");
        assertThat(console.button("Send failed ones again")).isHidden();

        console.page().onceDialog(dialog -> dialog.accept());
        console.click("Delete");
        assertThat(console.page().getByText("New batch", new Page.GetByTextOptions().setExact(true))).isVisible();
        assertThat(Api.get(path.replace("/results", "")).statusCode()).isEqualTo(404);
    }

    @Test
    void aBatchIsCalledOffAndSentAgain() {
        Console console = open();
        choose(console, "long.ndjson", BatchCaller.lines("c", 3, "batch_us=60000000 events=1"));
        console.click("Submit").await("in progress");

        console.click("Cancel").await("ended");
        assertThat(console.page().locator(".outcomes")).containsText("3 canceled");
        console.click("Send canceled ones again too").await("in progress");
        console.click("Cancel").await("ended");
    }

    /** A file is dropped as the operating system would. */
    @Test
    void aFileCanBeDropped() {
        Console console = open();
        Object file = console.page().evaluateHandle("text => { const transfer = new DataTransfer(); transfer.items.add(new File([text], 'dropped.csv')); return transfer; }",
            csv(2));
        console.page().locator(".drop").dispatchEvent("drop", Map.of("dataTransfer", file));

        assertThat(console.page().getByText("2 requests in dropped.csv")).isVisible();
    }

    @Test
    void theListShowsOneStatusWhenAsked() throws Exception {
        String running = new BatchCaller(Api.SERVER).accepted("l", 1, "batch_us=30000000 events=1");
        Console console = open();
        Locator links = console.list("Batches").locator("a[href$='" + running + "']");

        assertThat(links).isVisible();
        console.field("Status of batches").selectOption("ended");
        assertThat(links).isHidden();
        console.field("Status of batches").selectOption("in_progress");
        assertThat(links).isVisible();
        links.click();
        console.click("Cancel").await("ended");
    }

    @Test
    void whatTheServerRefusesIsSaid() {
        CHROMIUM.expect("status of (400|404)");
        Console console = open();
        choose(console, "a.csv", csv(1));
        console.field("Max tokens").fill("4294967297");
        assertThat(console.page().getByText("1 request in a.csv")).isVisible();
        console.page().evaluate("document.querySelector('form').noValidate = true");
        console.click("Submit");
        assertThat(console.page().locator("form").getByRole(AriaRole.ALERT)).containsText("invalid_request_error");

        console.page().navigate(Api.SERVER + "/#/batches/batch_none");
        assertThat(console.region("Batch").getByRole(AriaRole.ALERT)).containsText("not_found_error");
    }
}
