package io.github.claudejakarta.it.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.FilePayload;
import io.github.claudejakarta.batch.BatchCases;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.BatchCaller;
import io.github.claudejakarta.it.support.Chromium;
import io.github.claudejakarta.it.support.Console;
import java.net.http.HttpRequest.BodyPublishers;
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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Batches in the console, from the submitted file to the downloaded results. */
@ExtendWith(ArquillianExtension.class)
class ConsoleBatchesIT {

    @RegisterExtension
    static final Chromium CHROMIUM = new Chromium();

    @Deployment(testable = false)
    static WebArchive war() {
        return Console.war("claude.batch.poll-interval=PT0.5S");
    }

    @BeforeAll
    static void awaitDatabase() throws Exception {
        Console.awaitDatabase();
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
        return table.locator("tbody tr").all().stream()
                .map(row -> String.join(" ", row.locator("td").allTextContents()))
                .toList();
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
        return "custom_id,prompt\n"
                + IntStream.range(0, rows)
                        .mapToObj(row -> "Row-" + row + ",Write a haiku about " + row + ".\n")
                        .collect(Collectors.joining());
    }

    @Test
    void theProblemsOfACsvAreListedByLineBeforeAnythingIsSent() {
        Console console = open();
        List<String> sent = postings(console.page());
        choose(
                console,
                "bad.csv",
                "custom_id,prompt,max_tokens\na,\"two\nlines\",\nb,,\n\na,x,\nc c,x,1.5\nd,x\n,x,\n");

        assertThat(problems(console))
                .containsExactly(
                        "4 prompt: The cell is empty",
                        "6 custom_id: a is already on line 2",
                        "7 custom_id: 1 to 64 letters, digits, _ and - are allowed",
                        "7 params.max_tokens: Input should be an integer greater than 0",
                        "8 The row has 2 cells, but there are 3 columns",
                        "9 custom_id: Field required");
        assertThat(console.button("Submit")).isDisabled();
        assertThat(console.page().getByText("6 problems in bad.csv; nothing was sent."))
                .isVisible();

        choose(console, "other.csv", "id,question\na,x\n");
        assertThat(console.page().getByText("1 problem in other.csv")).isVisible();
        assertThat(problems(console).get(0))
                .startsWith("1 The first line must name the columns")
                .endsWith("The first line is: id, question");

        choose(console, "open.csv", "custom_id,prompt\na,\"never closed\nb,x\n");
        assertThat(console.page().getByText("in open.csv")).isVisible();
        assertThat(problems(console)).containsExactly("2 A quotation mark is not closed, or is in the wrong place");
        choose(console, "wrong.csv", "\ncustom_id,prompt\r\na,\"x\"y\nb,z\r\n");
        assertThat(console.page().getByText("in wrong.csv")).isVisible();
        assertThat(problems(console)).containsExactly("3 A quotation mark is not closed, or is in the wrong place");

        choose(console, "old.csv", "custom_id;prompt\na;Grüße\n".getBytes(Charset.forName("windows-1252")));
        assertThat(console.page().getByText("in old.csv")).isVisible();
        assertThat(problems(console))
                .singleElement()
                .asString()
                .contains("the file is not UTF-8. Choose another encoding, such as windows-1252");
        console.field("Encoding of the file").selectOption("windows-1252");
        assertThat(console.page().getByText("1 request in old.csv")).isVisible();
        assertThat(console.page().locator(".findings q")).hasText("Grüße");

        choose(console, "book.csv", "PK\3\4");
        assertThat(console.page().getByText("1 problem in book.csv")).isVisible();
        assertThat(problems(console).get(0)).contains("Excel workbook");

        choose(console, "empty.csv", "custom_id,prompt\n");
        assertThat(console.page().getByText("1 problem in empty.csv")).isVisible();
        assertThat(problems(console)).containsExactly("1 There are no requests in this file");
        assertThat(sent).isEmpty();
    }

    /** The file is read in pieces, which may split a character or a line end. */
    @Test
    void aLongFileIsReadLikeAShortOne() {
        Console console = open();
        String rows = IntStream.range(0, 12_000)
                .mapToObj(row -> "r" + row + ",\"日本語の俳句を\r\n書いて " + row + "\"\r\n")
                .collect(Collectors.joining());
        choose(console, "long.csv", "custom_id,prompt\n" + rows);
        assertThat(console.page().getByText("12,000 requests in long.csv, ready to submit."))
                .isVisible();

        choose(console, "last.csv", "custom_id,prompt\r\n" + rows + "\n\nb b,x\r\"c\",y\"y\nc,\"\"\"z\"\"\"\n");
        assertThat(console.page().getByText("2 problems in last.csv")).isVisible();
        assertThat(problems(console))
                .containsExactly(
                        "24,004 custom_id: 1 to 64 letters, digits, _ and - are allowed",
                        "24,006 custom_id: c is already on line 24005");

        choose(
                console,
                "long.ndjson",
                IntStream.range(0, 4_000)
                        .mapToObj(row -> BatchCaller.line("r" + row, "events=1 俳句"))
                        .collect(Collectors.joining()));
        assertThat(console.page().getByText("4,000 requests in long.ndjson, ready to submit."))
                .isVisible();
        byte[] bytes = (BatchCaller.line("a", "events=1")
                        + BatchCaller.line("b", "events=1").replace("sim", "?")
                        + BatchCaller.line("a", "x"))
                .getBytes(UTF_8);
        bytes[new String(bytes, UTF_8).indexOf('?')] = (byte) 0xe9;
        choose(console, "byte.ndjson", bytes);
        assertThat(console.page().getByText("2 problems in byte.ndjson")).isVisible();
        assertThat(problems(console)).containsExactly("2 This is not UTF-8", "3 custom_id: a is already on line 1");
    }

    @Test
    void aRepeatedSubmissionIsOneBatch() throws Exception {
        CHROMIUM.expect("ERR_FAILED");
        Console console = open();
        choose(console, "once.csv", csv(1));
        assertThat(console.page().getByText("1 request in once.csv")).isVisible();
        List<String> keys = new ArrayList<>();
        List<Route> held = new ArrayList<>();
        console.page().route("**/v1/batches?*model*", route -> {
            keys.add(route.request().headerValue("idempotency-key"));
            held.add(route);
        });
        console.click("Submit");
        console.page().waitForCondition(() -> !held.isEmpty());
        assertThat((Boolean) console.page().evaluate("document.querySelector('form').inert"))
                .isTrue();

        // The server accepts the batch, but its response is lost.
        held.get(0).fetch();
        held.get(0).abort();
        assertThat(console.page().locator("form").getByRole(AriaRole.ALERT)).containsText("connection_error");
        console.page().unroute("**/v1/batches?*model*");
        console.page().onRequest(request -> {
            if (request.method().equals("POST")) {
                keys.add(request.headerValue("idempotency-key"));
            }
        });
        console.click("Submit").await("in progress");

        assertThat(keys).hasSize(2).allMatch(keys.get(0)::equals);
        assertThat(new BatchCaller(Api.SERVER)
                        .list()
                        .getJsonArray("data")
                        .getJsonObject(0)
                        .getString("id"))
                .isEqualTo(console.id());
        new BatchCaller(Api.SERVER).cancelAndAwaitEnd(console.id());
        assertThat(console.status()).hasText("ended");
    }

    @Test
    void numbersAreAcceptedExactlyIfTheServerAcceptsThem() throws Exception {
        Console console = open();
        for (String number : List.of("100", "100.0", "0x10", "1e3", " 5", "4000000000", "0")) {
            String rows = "custom_id,prompt,max_tokens\na,x," + number + "\n";
            choose(console, "number.csv", rows);
            var response = Api.send(Api.request("/v1/batches?model=m")
                    .header("content-type", "text/csv")
                    .POST(BodyPublishers.ofString(rows)));
            assertThat(console.page().locator(".findings > p").first())
                    .containsText(response.statusCode() == 202 ? "ready to submit" : "nothing was sent");
            if (response.statusCode() == 202) {
                new BatchCaller(Api.SERVER)
                        .cancelAndAwaitEnd(Api.json(response.body()).getString("id"));
            }
        }
    }

    @Test
    void theProblemsOfJsonLinesAreListed() {
        Console console = open();
        List<String> sent = postings(console.page());
        choose(
                console,
                "bad.ndjson",
                BatchCaller.line("a", "events=1")
                        + "\n{\"custom_id\":\n[]\n{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"messages\":[]}}\n"
                        + "{\"custom_id\":\"b\"}\n"
                        + BatchCaller.line("c", "events=1")
                                .replace("\"max_tokens\"", "\"stream\":true,\"speed\":\"fast\",\"max_tokens\""));

        List<String> problems = problems(console);
        assertThat(problems.get(0)).startsWith("3 This is not JSON");
        assertThat(problems.subList(1, problems.size()))
                .containsExactly(
                        "4 Each line must be an object: {\"custom_id\":\"...\",\"params\":{...}}",
                        "5 custom_id: a is already on line 1",
                        "5 params.messages: Field required, with at least one message",
                        "5 params.max_tokens: Field required",
                        "6 params: Field required, an object",
                        "7 params.stream: a batch cannot be streamed",
                        "7 params.speed: not available in a batch");

        choose(console, "many.ndjson", "{}\n".repeat(500));
        assertThat(console.page().getByText("More than 100 problems in many.ndjson"))
                .isVisible();
        choose(console, "bytes.jsonl", new byte[] {'{', (byte) 0xc3, '\n'});
        assertThat(console.page().getByText("in bytes.jsonl")).isVisible();
        assertThat(problems(console)).containsExactly("1 This is not UTF-8");
        assertThat(sent).isEmpty();
    }

    /**
     * The console's rules are the server's: the server accepts exactly the lines in which the console finds no problem.
     */
    @Test
    void theConsoleAndTheServerAcceptTheSameLines() throws Exception {
        Console console = open();
        String rest =
                "\"params\":{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}";
        List<String> lines = List.of(
                "\ufeff{\"custom_id\":\"a\"," + rest,
                "{\"custom_id\":\"a.b\"," + rest,
                "{\"custom_id\":\"" + "x".repeat(64) + "\"," + rest,
                "{\"custom_id\":\"a\"," + rest.replace("1,", "1,\"stream\":null,"),
                "{\"custom_id\":\"a\"," + rest.replace("1,", "1,\"stream\":0,"),
                "{\"custom_id\":\"" + "x".repeat(65) + "\"," + rest,
                "{\"custom_id\":7," + rest,
                "{\"custom_id\":\"a\"," + rest.replace("1,", "0,"),
                "{\"custom_id\":\"a\"," + rest.replace("1,", "1.0,"),
                "{\"custom_id\":\"a\"," + rest.replace("\"m\"", "\"\""),
                "{\"custom_id\":\"a\"," + rest.replace("\"max_tokens\"", "\"stream\":false,\"max_tokens\""),
                "{\"custom_id\":\"a\"," + rest.replace("\"max_tokens\"", "\"speed\":null,\"max_tokens\""),
                "{\"custom_id\":\"a\"," + rest + "x",
                "\"a\"",
                " ");
        for (int index = 0; index < lines.size(); index++) {
            String name = "line-" + index + ".ndjson";
            choose(console, name, lines.get(index));
            assertThat(console.page().locator(".findings > p").first())
                    .containsText(name + (isGood(lines.get(index)) ? ", ready to submit" : "; nothing was sent"));
        }
    }

    /** The console accepts or rejects each file, with the same lines, like the server in {@code BatchesIT}. */
    @Test
    void aFileIsAcceptedWholeOrRejectedWithItsLines() {
        Console console = open();
        BatchCases.all().filter(file -> !file.isJson()).forEach(file -> {
            String name = file.path().replace('/', '-');
            choose(console, name, file.content());
            Locator finding = console.page().locator(".findings > p").first();
            if (file.requests() > 0) {
                assertThat(finding)
                        .hasText(file.requests() + (file.requests() == 1 ? " request in " : " requests in ") + name
                                + ", ready to submit.");
                return;
            }
            assertThat(finding).containsText(" in " + name + "; nothing was sent.");
            List<String> problems = problems(console);
            assertThat(
                            file.verdict().equals("0")
                                    ? "0"
                                    : BatchCases.verdict(problems.stream()
                                            .map(problem -> "line " + problem.split(" ")[0])
                                            .distinct()
                                            .toList()))
                    .as("%s: %s", file, problems)
                    .isEqualTo(file.verdict());
        });
    }

    private static boolean isGood(String line) throws Exception {
        var response = new BatchCaller(Api.SERVER).submit(line);
        assertThat(response.statusCode()).as(response::body).isIn(202, 400);
        if (response.statusCode() == 202) {
            new BatchCaller(Api.SERVER)
                    .cancelAndAwaitEnd(Api.json(response.body()).getString("id"));
        }
        return response.statusCode() == 202;
    }

    @Test
    void aSpreadsheetIsSubmittedFollowedSearchedAndDownloaded() throws Exception {
        Console console = open();
        String outcomes =
                "bad,sim:outcome=errored error_type=api_error times=1 key=console-bad\nlate,sim:outcome=expired times=1 key=console-late\n";
        choose(
                console,
                "haikus.csv",
                csv(60).replace("Write a haiku about 0.", "sim:batch_us=8000000 events=1") + outcomes);
        assertThat(console.page().getByText("62 requests in haikus.csv, ready to submit."))
                .isVisible();
        console.click("Submit");

        assertThat(console.fact("Requests")).hasText("62");
        assertThat(console.fact("Elapsed")).hasText(Pattern.compile("[1-9]\\.\\d s"));
        assertThat(console.fact("Parts ended")).hasText("0 of 1");
        console.page().getByText("Parts (message batches at Claude)").click();
        String elapsed = console.fact("Elapsed").textContent();
        assertThat(console.fact("Elapsed")).not().hasText(elapsed);
        assertThat(console.region("Parts")).containsText("msgbatch_");
        console.await("ended");
        assertThat(console.fact("Parts ended")).hasText("1 of 1");
        assertThat(console.page()
                        .getByRole(
                                AriaRole.IMG,
                                new Page.GetByRoleOptions().setName("Outcomes: 60 succeeded, 1 errored, 1 expired")))
                .isVisible();
        assertThat(console.page().locator(".outcomes rect")).hasCount(3);

        Locator results = console.region("Results");
        assertThat(results.locator("details")).hasCount(50);
        console.click("Show more");
        assertThat(results.locator("details")).hasCount(62);
        console.field("Search by custom_id").fill("row-5");
        assertThat(results).containsText("11 of 62 results,");
        console.field("Outcome").selectOption("expired");
        assertThat(results).containsText("0 of 62 results,");
        console.field("Search by custom_id").fill("");
        assertThat(results.locator("details")).hasCount(1);
        results.locator("summary").click();
        assertThat(results).containsText("Claude did not process this request within 24 hours.");
        console.field("Outcome").selectOption("succeeded");
        console.field("Search by custom_id").fill("row-59");
        assertThat(results).containsText("1 of 62 results,");
        results.locator("summary").click();
        assertThat(results.locator(".message")).containsText("You wrote: “Write a haiku about 59.”.");

        String path = "/v1/batches/" + console.id() + "/results";
        var spreadsheet = console.page().waitForDownload(() -> console.click("Download CSV"));
        assertThat(spreadsheet.suggestedFilename()).isEqualTo(console.id() + ".csv");
        assertThat(Files.readString(spreadsheet.path()))
                .isEqualTo(Api.get(path, "accept", "text/csv").body())
                .contains("Row-59,succeeded");
        var lines = console.page().waitForDownload(() -> console.click("Download NDJSON"));
        assertThat(lines.suggestedFilename()).isEqualTo(console.id() + ".ndjson");
        assertThat(Files.readString(lines.path()))
                .isEqualTo(Api.get(path).body())
                .hasLineCount(62);

        console.click("Resubmit failed requests").await("in progress");
        assertThat(results).containsText("Some requests are being resubmitted");
        assertThat(console.list("Batches").locator("a[aria-current] .chip")).hasText("in progress");
        console.await("ended");
        assertThat(console.page().locator(".outcomes")).containsText("62 succeeded");
        assertThat(console.fact("Parts ended")).hasText("2 of 2");
        assertThat(console.button("Resubmit failed requests")).isHidden();

        console.page().onceDialog(dialog -> dialog.accept());
        console.click("Delete");
        assertThat(console.page().getByText("New batch", new Page.GetByTextOptions().setExact(true)))
                .isVisible();
        assertThat(Api.get(path.replace("/results", "")).statusCode()).isEqualTo(404);
    }

    @Test
    void aBatchIsCanceledAndResubmitted() {
        Console console = open();
        choose(console, "long.ndjson", BatchCaller.lines("c", 3, "batch_us=60000000 events=1"));
        console.click("Submit").await("in progress");

        console.page().onDialog(dialog -> dialog.accept());
        console.click("Cancel").await("ended");
        assertThat(console.page().locator(".outcomes")).containsText("3 canceled");
        console.click("Resubmit canceled requests too").await("in progress");
        console.click("Cancel").await("ended");
    }

    /** The file is dropped in the way that the operating system does it. */
    @Test
    void aFileCanBeDropped() {
        Console console = open();
        Object file = console.page()
                .evaluateHandle(
                        "text => { const transfer = new DataTransfer(); transfer.items.add(new File([text], 'dropped.csv')); return transfer; }",
                        csv(2));
        console.page().locator(".drop").dispatchEvent("drop", Map.of("dataTransfer", file));

        assertThat(console.page().getByText("2 requests in dropped.csv")).isVisible();
    }

    @Test
    void theListCanBeFilteredByStatus() throws Exception {
        String running = new BatchCaller(Api.SERVER).accepted("l", 1, "batch_us=30000000 events=1");
        Console console = open();
        Locator links = console.list("Batches").locator("a[href$='" + running + "']");

        assertThat(links).isVisible();
        console.field("Status of batches").selectOption("ended");
        assertThat(links).isHidden();
        console.field("Status of batches").selectOption("in_progress");
        assertThat(links).isVisible();
        links.click();
        console.page().onDialog(dialog -> dialog.accept());
        console.click("Cancel").await("ended");
    }

    @Test
    void errorsOfTheServerAreShown() {
        CHROMIUM.expect("status of (400|404)");
        Console console = open();
        choose(console, "a.csv", csv(1));
        console.field("Max tokens").fill("1000000000");
        assertThat(console.page().getByText("1 request in a.csv")).isVisible();
        console.page().evaluate("document.querySelector('form').noValidate = true");
        console.click("Submit");
        assertThat(console.page().locator("form").getByRole(AriaRole.ALERT)).containsText("invalid_request_error");

        console.page().navigate(Api.SERVER + "/#/batches/batch_none");
        assertThat(console.region("Batch").getByRole(AriaRole.ALERT)).containsText("not_found_error");
    }
}
