package io.github.claudejakarta.it.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.BatchCaller;
import io.github.claudejakarta.it.support.CuttableLine;
import io.github.claudejakarta.it.support.HealthReport;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A PostgreSQL that is disconnected while batches and jobs are submitted and run: callers get only 503, and the log has
 * a line for the beginning and the end of the outage.
 */
@OwnServers
class DatabaseOutageIT {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration OUTAGE = Duration.ofSeconds(12);
    private static final int CALLERS = 4;
    /** Liberty records each kind of incident a few times (FFDC1015I), however long the outage. */
    private static final int MAX_ENTRIES = 50;

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-outage");

    private static EmbeddedPostgres postgres;
    private static CuttableLine line;

    @BeforeAll
    static void start() throws Exception {
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("log_min_messages", "panic")
                .start();
        try (var connection = postgres.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("create role claude login password 'for-tests-only'");
            statement.execute("create database claude owner claude");
        }
        line = new CuttableLine(URI.create("http://localhost:" + postgres.getPort()));
        SERVER.with(
                        "CLAUDE_DATABASE_URL",
                        "jdbc:postgresql://localhost:" + line.uri().getPort()
                                + "/claude?reWriteBatchedInserts=true&tcpKeepAlive=true&socketTimeout=300&logServerErrorDetail=false")
                .with("CLAUDE_DATABASE_USER", "claude")
                .with("CLAUDE_DATABASE_PASSWORD", "for-tests-only")
                .with("CLAUDE_UPSTREAM", "simulator")
                .with("CLAUDE_BATCH_POLL_INTERVAL", "PT1S")
                .with("CLAUDE_BATCH_MAX_POLL_INTERVAL", "PT1S")
                .start();
    }

    @AfterAll
    static void end() throws Exception {
        SERVER.afterAll(null);
        line.close();
        postgres.close();
    }

    @Test
    void anOutageIsLoggedWhenItBeginsAndWhenItEnds() throws Exception {
        Api.await("the database", () -> state().equals("open"));
        BatchCaller.of(SERVER).accepted("before-", 3, "batch_us=60000000");
        var answers = new ConcurrentLinkedQueue<HttpResponse<String>>();
        var hasEnded = new AtomicBoolean();
        var accepted = new CountDownLatch(2 * CALLERS);
        List<CompletableFuture<Void>> callers = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            callers.add(CompletableFuture.runAsync(() -> submit(answers, hasEnded, accepted)));
        }
        assertThat(accepted.await(60, TimeUnit.SECONDS)).isTrue();
        int before = SERVER.messages().size();

        line.cut();
        // The outage must last long enough for repeated log lines to appear.
        Thread.sleep(OUTAGE.toMillis());
        assertThat(state()).isEqualTo("away");
        assertThat(send(SERVER.uri().resolve("/health/live")).statusCode()).isEqualTo(200);
        line.mend();
        Api.await("the database", () -> state().equals("open"));
        hasEnded.set(true);
        for (CompletableFuture<Void> caller : callers) {
            caller.get(60, TimeUnit.SECONDS);
        }

        assertThat(answers)
                .extracting(HttpResponse::statusCode)
                .contains(202, 503)
                .containsOnly(202, 503);
        assertThat(answers).filteredOn(answer -> answer.statusCode() == 503).allSatisfy(answer -> {
            assertThat(answer.body()).contains("\"api_error\"");
            assertThat(answer.headers().firstValue("retry-after")).isPresent();
        });
        List<String> entries = SERVER.messages().stream()
                .skip(before)
                .filter(DatabaseOutageIT::isOfOutage)
                .toList();
        assertThat(entries)
                .filteredOn(ServerLog.WARNING.asMatchPredicate())
                .singleElement()
                .asString()
                .contains("The database (jdbc/claude) is away: ", "SQL state 08");
        assertThat(entries)
                .filteredOn(entry -> entry.contains("The database (jdbc/claude) is back after "))
                .hasSize(1);
        assertThat(entries).hasSizeLessThan(MAX_ENTRIES);
    }

    /**
     * Excludes lines of a request, a batch or a job, and of a task that resumes when the database is available again.
     */
    private static boolean isOfOutage(String line) {
        return line.startsWith("[")
                && Stream.of("method=", "ErrorMapper", " batch_", " job_", "dead execution")
                        .noneMatch(line::contains);
    }

    private static void submit(
            ConcurrentLinkedQueue<HttpResponse<String>> answers, AtomicBoolean hasEnded, CountDownLatch accepted) {
        try {
            for (int i = 0; !hasEnded.get(); i++) {
                var request = i % 2 == 0
                        ? post("/v1/batches", "application/x-ndjson", BatchCaller.lines("x-", 2, "batch_us=1000"))
                        : post("/v1/jobs", "application/json", "{\"request\":" + Api.body(false) + "}");
                answers.add(HTTP.send(request, BodyHandlers.ofString()));
                accepted.countDown();
                TimeUnit.MILLISECONDS.sleep(50);
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static HttpRequest post(String path, String type, String body) {
        return HttpRequest.newBuilder(SERVER.uri().resolve(path))
                .timeout(Duration.ofSeconds(60))
                .header("content-type", type)
                .POST(BodyPublishers.ofString(body))
                .build();
    }

    private static String state() throws Exception {
        return HealthReport.data(send(SERVER.uri().resolve("/health/ready")), 200)
                .getString("database");
    }

    private static HttpResponse<String> send(URI uri) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofString());
    }
}
