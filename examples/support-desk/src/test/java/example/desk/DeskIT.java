package example.desk;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.simulator.Reply;
import io.github.claudejakarta.simulator.SimulatedRequest;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.testing.ClaudeSimulator;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests the desk on a real server, with claude-jakarta.war and a second desk on the same database. */
@ClaudeSimulator(port = 29081)
class DeskIT {

    private static final String SERVER = "http://localhost:" + System.getProperty("desk.port");
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @BeforeAll
    static void everyApplicationIsReady() throws Exception {
        await("200", () -> Integer.toString(get("/health/ready").statusCode()));
    }

    @BeforeEach
    void answer(Simulator claude) {
        claude.answerWith(DeskIT::reply);
    }

    private static Reply reply(SimulatedRequest request) {
        return Reply.text(
                request.json().toString().contains("Summarize") ? "A complaint." : "By phone, around the clock.");
    }

    /** An EventSource that reconnects after the end gets 204, and Claude has received one request. */
    @Test
    void aPageWatchesAnAnswer(Simulator claude) throws Exception {
        URI answer = location(post("/api/answers", "How do I block my card?"));

        String events = get(answer).body();
        String last = events.lines()
                .filter(line -> line.startsWith("id:"))
                .reduce((a, b) -> b)
                .orElseThrow();
        HttpResponse<String> again = HTTP.send(
                request(answer)
                        .header("Last-Event-ID", last.substring(3).strip())
                        .build(),
                BodyHandlers.ofString());

        assertThat(text(events)).isEqualTo("By phone, around the clock.");
        assertThat(again.statusCode()).isEqualTo(204);
        assertThat(claude.messages()).hasSize(1);
    }

    /** The job and the letter are stored in one transaction; the listener stores the summary in another. */
    @Test
    void aLetterIsSummarizedInTheBackground() throws Exception {
        JsonObject letter = json(post("/api/letters", "Your machine kept my card."));

        await(
                "A complaint.",
                () -> json(get("/api/letters/" + letter.getString("id"))).getString("summary", ""));

        String job = letter.getString("jobId");
        assertThat(json(get("/api/letters/" + letter.getString("id") + "/job")).getString("status"))
                .isEqualTo("succeeded");
        // Neither the second desk nor claude-jakarta.war sees it, although all share the database.
        assertThat(get("/branch/api/letters/" + letter.getString("id") + "/job").statusCode())
                .isEqualTo(404);
        assertThat(get("/claude/v1/jobs/" + job).statusCode()).isEqualTo(404);
        assertThat(json(get("/claude/v1/jobs")).getJsonArray("data")).isEmpty();
    }

    @Test
    void aReportFindsTheMoodOfEachLetter() throws Exception {
        JsonObject letter = json(post("/api/letters", "Thank you for your help."));

        JsonObject batch = json(post("/api/reports", ""));

        assertThat(batch.getString("type")).isEqualTo("batch");
        await("ended", () -> json(get("/api/reports/" + batch.getString("id"))).getString("status"));
        await(
                "true",
                () -> Boolean.toString(!json(get("/api/letters/" + letter.getString("id")))
                        .getString("mood", "")
                        .isEmpty()));
    }

    @Test
    void aConversationIsKept() throws Exception {
        URI conversation = location(post("/api/conversations", ""));
        assertThat(post(conversation + "/answers", "How do I block my card?").body())
                .contains("By phone");

        URI answer = location(post(conversation + "/questions", "And at night?"));
        assertThat(text(get(answer).body())).contains("By phone");

        await(
                "4",
                () -> Integer.toString(
                        json(get(conversation)).getJsonArray("messages").size()));
        assertThat(post(conversation + "/jobs", "And abroad?").statusCode()).isEqualTo(200);
        await(
                "6",
                () -> Integer.toString(
                        json(get(conversation)).getJsonArray("messages").size()));
        URI fork = location(post(conversation + "/forks", ""));
        assertThat(json(get(fork)).getJsonArray("messages")).hasSize(6);
    }

    @Test
    void aFindingContainsClaudesMessage() throws Exception {
        HttpResponse<String> response = HTTP.send(
                request(URI.create(SERVER + "/api/contracts?question=How+long"))
                        .header("Content-Type", "application/pdf")
                        .POST(BodyPublishers.ofString("%PDF-1.7"))
                        .build(),
                BodyHandlers.ofString());

        assertThat(json(response).getJsonObject("message").getString("type")).isEqualTo("message");
        assertThat(json(response).getJsonNumber("cost").bigDecimalValue()).isPositive();
    }

    @Test
    void anErrorOfClaudeKeepsItsStatus(Simulator claude) throws Exception {
        claude.answerWith(request -> Reply.error(400));

        HttpResponse<String> response = post(location(post("/api/conversations", "")) + "/answers", "?");

        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(json(response).getJsonObject("error").getString("type")).isEqualTo("invalid_request_error");
    }

    private static void await(String expected, Callable<String> actual) throws Exception {
        long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        String last = actual.call();
        while (!last.equals(expected)) {
            assertThat(System.nanoTime())
                    .as("expected %s, the last was %s", expected, last)
                    .isLessThan(deadline);
            Thread.sleep(200);
            last = actual.call();
        }
    }

    private static URI location(HttpResponse<String> response) {
        return URI.create(
                response.headers().firstValue("Location").orElseThrow(() -> new AssertionError(response.body())));
    }

    /** Returns the data of all events, concatenated: the text of an answer without line breaks. */
    private static String text(String events) {
        return events.lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> line.substring("data: ".length()))
                .collect(Collectors.joining());
    }

    private static JsonObject json(HttpResponse<String> response) {
        return Json.createReader(new StringReader(response.body())).readObject();
    }

    private static HttpRequest.Builder request(URI uri) {
        return HttpRequest.newBuilder(uri).timeout(Duration.ofMinutes(1));
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return get(URI.create(SERVER + path));
    }

    private static HttpResponse<String> get(URI uri) throws Exception {
        return HTTP.send(request(uri).build(), BodyHandlers.ofString());
    }

    /** @param target a path of the server, or a whole URL */
    private static HttpResponse<String> post(String target, String text) throws Exception {
        return HTTP.send(
                request(URI.create(target.startsWith("/") ? SERVER + target : target))
                        .header("Content-Type", "text/plain")
                        .POST(BodyPublishers.ofString(text))
                        .build(),
                BodyHandlers.ofString());
    }
}
