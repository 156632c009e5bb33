package io.github.claudejakarta.it.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.durable.RealPostgres;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.BatchCaller;
import io.github.claudejakarta.it.support.ClientKey;
import io.github.claudejakarta.it.support.CuttableLine;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.Receiver;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import jakarta.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGConnectionPoolDataSource;

/**
 * Causes each alert of docs/operations.md once, on a server that reports its metrics to a collector. The conditions
 * come from the document. Therefore a condition that no metric can meet fails, and so does an alert that no test
 * causes.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@OwnServers
class AlertsIT {

    private static final String KEY = ServerLog.KEY_MARK + "alerts-teller";
    /**
     * The key of one request only, because requests of others may not be in the metrics when their response arrives.
     */
    private static final String COUNTED_KEY = ServerLog.KEY_MARK + "alerts-counted";

    private static final String LIMITED_KEY = ServerLog.KEY_MARK + "alerts-limited";
    private static final int CONNECTIONS = 10;
    private static final int THREADS = 20;
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    /** The test cannot fill a disk, and the alert for it does not use a metric of the server. */
    private static final Set<String> OUT_OF_REACH = Set.of("disk nearly full");

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final ScriptedUpstream UPSTREAM = ScriptedUpstream.start();
    private static final OtlpReceiver COLLECTOR = new OtlpReceiver();
    private static final Receiver RECEIVER = new Receiver();

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-alerts")
            .configured(
                    "prices.xml",
                    "<variable name=\"claude.prices.claude-opus-5-5.input\" value=\"5\"/>"
                            + "<variable name=\"claude.prices.claude-opus-5-5.output\" value=\"25\"/>")
            .with("OTEL_SDK_DISABLED", "false")
            .with("OTEL_TRACES_EXPORTER", "none")
            .with("OTEL_LOGS_EXPORTER", "none")
            .with("OTEL_METRICS_EXPORTER", "otlp")
            .with("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
            .with("OTEL_EXPORTER_OTLP_ENDPOINT", COLLECTOR.url())
            .with("OTEL_METRIC_EXPORT_INTERVAL", "300")
            .with("CLAUDE_API_KEY", ServerLog.KEY_MARK + "alerts-servers")
            .with("CLAUDE_CLIENTS_TELLER_KEY_SHA256", ClientKey.sha256(KEY))
            .with("CLAUDE_CLIENTS_COUNTED_KEY_SHA256", ClientKey.sha256(COUNTED_KEY))
            .with("CLAUDE_CLIENTS_LIMITED_KEY_SHA256", ClientKey.sha256(LIMITED_KEY))
            .with("CLAUDE_CLIENTS_LIMITED_REQUESTS_PER_MINUTE", "1")
            .with("CLAUDE_POOL_MAX_CONNECTIONS", Integer.toString(CONNECTIONS))
            .with("CLAUDE_STREAM_MAX_WATCHERS", Integer.toString(THREADS))
            .with("CLAUDE_JOB_MAX_CONCURRENT", "1")
            .with("CLAUDE_JOB_MAX_ATTEMPTS", "1")
            .with("CLAUDE_BATCH_POLL_INTERVAL", "PT1S")
            .with("CLAUDE_WEBHOOKS_SECRET", Receiver.SECRET)
            .with("CLAUDE_WEBHOOKS_ALLOWED_HOSTS", "localhost")
            .with("CLAUDE_BASE_URL", UPSTREAM.url().toString());

    private static PGConnectionPoolDataSource database;
    private static CuttableLine line;

    private final List<Cleanup> cleanups = new ArrayList<>();

    private interface Cleanup {
        void run() throws Exception;
    }

    private interface Cause {
        void bringAbout(AlertsIT test) throws Exception;
    }

    /** The alerts in the order of the tests. Alerts that leave the server impaired for a while come last. */
    private enum Alert {
        CLAUDES_RATE_LIMIT("Claude's rate limit", AlertsIT::claudeLimitsTheServer),
        CALLERS_RATE_LIMIT("caller's rate limit", AlertsIT::aCallerExceedsItsLimit),
        SERVER_KEY_REJECTED("server key rejected", AlertsIT::claudeRejectsTheKey),
        REQUESTS_FAIL("requests fail", AlertsIT::claudeFailsOnce),
        COST("cost", AlertsIT::aMessageIsPaidFor),
        CONNECTIONS_USED_UP("connections used up", AlertsIT::streamsUseAllConnections),
        THREADS_USED_UP("threads used up", AlertsIT::watchersUseAllThreads),
        QUEUE_LAGS("queue lags", AlertsIT::aJobHasWaitedForTenMinutes),
        JOB_DEAD("job dead", AlertsIT::aJobFailsAsOftenAsItMay),
        JOB_FAILED("job failed", AlertsIT::claudeRejectsAJob),
        BATCH_FAILED("batch failed", AlertsIT::claudeRejectsAPart),
        PART_UNRESOLVED("part unresolved", AlertsIT::nobodyKnowsWhetherAPartWasAccepted),
        CALLBACKS_FAIL("callbacks fail", AlertsIT::aReceiverFails),
        CALLBACK_DEAD("callback dead", AlertsIT::aReceiverFailsToTheEnd),
        BREAKER_OPEN("breaker open", AlertsIT::claudeFailsAgainAndAgain),
        DATABASE_AWAY("database away", AlertsIT::theDatabaseIsCutOff),
        NOT_LIVE("not live", AlertsIT::theServerHangs);

        private final String title;
        private final Cause cause;

        Alert(String title, Cause cause) {
            this.title = title;
            this.cause = cause;
        }
    }

    @BeforeAll
    static void start() throws Exception {
        database = (PGConnectionPoolDataSource) RealPostgres.emptyDatabase();
        line = new CuttableLine(URI.create("http://localhost:" + database.getPortNumbers()[0]));
        SERVER.with(
                        "CLAUDE_DATABASE_URL",
                        "jdbc:postgresql://localhost:" + line.uri().getPort() + "/" + database.getDatabaseName()
                                + "?socketTimeout=300&logServerErrorDetail=false")
                .with("CLAUDE_DATABASE_USER", "postgres")
                .start();
        await("the database", () -> is("claude.database.up", 1));
    }

    @AfterAll
    static void close() throws Exception {
        SERVER.afterAll(null);
        line.close();
        RECEIVER.close();
        COLLECTOR.close();
        UPSTREAM.close();
    }

    @AfterEach
    void cleanUp() throws Exception {
        for (int i = cleanups.size() - 1; i >= 0; i--) {
            cleanups.get(i).run();
        }
        UPSTREAM.forget();
    }

    @Test
    @Order(1)
    void everyAlertOfTheDocumentIsTested() {
        var tried = new TreeSet<>(OUT_OF_REACH);
        Stream.of(Alert.values()).forEach(alert -> tried.add(alert.title));

        assertThat(AlertTable.conditions().keySet()).containsExactlyInAnyOrderElementsOf(tried);
    }

    @ParameterizedTest
    @EnumSource(Alert.class)
    @Order(2)
    void isRaised(Alert alert) throws Exception {
        String text = AlertTable.conditions().get(alert.title);
        Optional<AlertTable.Condition> condition = AlertTable.Condition.parse(text);
        Optional<Double> before = condition.flatMap(one -> value(one.series()));

        alert.cause.bringAbout(this);

        if (condition.isPresent()) {
            await(text, () -> condition.get().isMet(before, AlertsIT::value));
        } else {
            // The cause asserts what the document says.
            assertThat(alert).isEqualTo(Alert.NOT_LIVE);
        }
    }

    @Test
    @Order(3)
    void everyMetricIsInTheDocument() throws Exception {
        UPSTREAM.answer(Wire.helloScript());
        post("/v1/messages", Api.body(true), KEY);
        await(
                "a metric of streamed messages",
                () -> COLLECTOR.metrics().containsKey("gen_ai.client.operation.time_to_first_chunk"));

        assertThat(COLLECTOR.metrics().keySet())
                .filteredOn(name -> name.startsWith("claude.") || name.startsWith("gen_ai."))
                .isSubsetOf(AlertTable.documentedMetrics());
        assertThat(AlertTable.documentedMetrics())
                .filteredOn(name -> !name.equals("claude.client.recoveries"))
                .isSubsetOf(COLLECTOR.metrics().keySet());
    }

    @Test
    @Order(3)
    void countersNameTheirCallers() throws Exception {
        UPSTREAM.answer(Wire.helloScript());

        post("/v1/messages", Api.body(true), COUNTED_KEY);

        await("one request", () -> value("claude.requests.answered", "claude.caller", "counted") == 1);
        // 3 tokens in and 5 out, at 5 and 25 per million.
        await("its tokens", () -> value("claude.usage.tokens", "claude.caller", "counted") == 8);
        assertThat(value("claude.usage.cost", "claude.caller", "counted")).isBetween(0.000139, 0.000141);
        assertThat(points("claude.requests.limited"))
                .filteredOn(point -> point.value() > 0)
                .extracting(point -> point.attributes().get("claude.caller") + " "
                        + point.attributes().get("claude.limited.by"))
                .containsExactlyInAnyOrder("teller claude", "limited server");
    }

    // Causes.

    private void claudeLimitsTheServer() throws Exception {
        UPSTREAM.otherwise(request -> Script.error(429, "rate_limit_error", "Slow down", "retry-after-ms: 1"));

        assertThat(post("/v1/messages", Api.body(false), KEY).statusCode()).isEqualTo(429);
    }

    private void aCallerExceedsItsLimit() throws Exception {
        UPSTREAM.otherwise(request -> Wire.helloScript());

        assertThat(post("/v1/messages", Api.body(true), LIMITED_KEY).statusCode())
                .isEqualTo(200);
        assertThat(post("/v1/messages", Api.body(true), LIMITED_KEY).statusCode())
                .isEqualTo(429);
    }

    private void claudeRejectsTheKey() throws Exception {
        UPSTREAM.answer(Script.error(401, "authentication_error", "invalid x-api-key"));

        assertThat(post("/v1/messages", Api.body(false), KEY).statusCode()).isEqualTo(401);
    }

    private void claudeFailsOnce() throws Exception {
        UPSTREAM.otherwise(request -> Script.error(500, "api_error", "Scripted", "retry-after-ms: 1"));

        assertThat(post("/v1/messages", Api.body(false), KEY).statusCode()).isEqualTo(500);
    }

    private void aMessageIsPaidFor() throws Exception {
        UPSTREAM.answer(Wire.messageScript());

        assertThat(post("/v1/messages", Api.body(false), KEY).statusCode()).isEqualTo(200);
    }

    private void streamsUseAllConnections() throws Exception {
        UPSTREAM.otherwise(request -> Wire.begun().stall());
        for (int i = 0; i < CONNECTIONS; i++) {
            stream();
        }
    }

    private void watchersUseAllThreads() throws Exception {
        UPSTREAM.otherwise(request -> Wire.begun().stall());
        String id = stream();
        for (int i = 1; i < THREADS; i++) {
            HTTP.sendAsync(
                    request("/v1/streams/" + id, KEY)
                            .header("accept", "text/event-stream")
                            .build(),
                    BodyHandlers.discarding());
        }
    }

    private void aJobHasWaitedForTenMinutes() throws Exception {
        UPSTREAM.otherwise(request -> Wire.begun().stall());
        String running = job();
        await("the job to run", () -> jobStatus(running).equals("running"));
        job();
        await("the next attempt to be due", () -> value("claude.queue.depth", "claude.queue", "job") == 1);

        sql(
                "update claude_job_task set execution_time = execution_time - interval '10 minutes' where task_name like '%/claude-job' and not picked");
    }

    private void aJobFailsAsOftenAsItMay() throws Exception {
        UPSTREAM.otherwise(request -> Script.error(529, "overloaded_error", "Overloaded", "retry-after-ms: 1"));
        String id = job();

        await("its end", () -> jobStatus(id).equals("dead"));
    }

    private void claudeRejectsAJob() throws Exception {
        UPSTREAM.otherwise(request -> Script.error(400, "invalid_request_error", "no"));
        String id = job();

        await("its end", () -> jobStatus(id).equals("failed"));
    }

    private void claudeRejectsAPart() throws Exception {
        UPSTREAM.otherwise(request -> Script.error(400, "invalid_request_error", "no"));

        String id = batch();

        await("its end", () -> get("/v1/batches/" + id).getString("status").equals("failed"));
    }

    private void nobodyKnowsWhetherAPartWasAccepted() throws Exception {
        UPSTREAM.otherwise(request -> request.method().equals("POST")
                ? Script.nothing().cut()
                : Script.json(
                        200,
                        "{\"data\":[" + upstreamBatch("msgbatch_one") + "," + upstreamBatch("msgbatch_two")
                                + "],\"has_more\":false}"));

        String id = batch();

        await(
                "a part without an answer",
                () -> get("/v1/batches/" + id)
                        .getJsonArray("parts")
                        .getJsonObject(0)
                        .getString("state")
                        .equals("unresolved"));
    }

    private static String upstreamBatch(String id) {
        return "{\"id\":\"" + id
                + "\",\"type\":\"message_batch\",\"processing_status\":\"in_progress\",\"request_counts\":{\"processing\":1,\"succeeded\":0,"
                + "\"errored\":0,\"canceled\":0,\"expired\":0},\"ended_at\":null,\"created_at\":\"" + Instant.now()
                + "\",\"results_url\":null}";
    }

    private void aReceiverFails() throws Exception {
        calledBack("/failing");
    }

    /** The last of the attempts of a day. */
    private void aReceiverFailsToTheEnd() throws Exception {
        String id = calledBack("/dead");
        await(
                "the first failure",
                () -> deliveries(id).getString("status").equals("pending")
                        && deliveries(id).getInt("attempts") == 1);

        sql("update claude_delivery set failures = 10 where subject = '" + id + "'");
        sql(
                "update claude_delivery_task set execution_time = now() where not picked and task_instance like (select id from claude_delivery where subject = '"
                        + id + "') || '%'");

        await(
                "the end of the delivery",
                () -> deliveries(id).getString("status").equals("dead"));
    }

    private String calledBack(String path) throws Exception {
        UPSTREAM.otherwise(request -> Wire.helloScript());
        RECEIVER.always(path, Receiver.status(500));
        return job(JobCaller.callback(RECEIVER.url(path)));
    }

    private void claudeFailsAgainAndAgain() throws Exception {
        UPSTREAM.otherwise(request -> Script.error(500, "api_error", "Scripted", "retry-after-ms: 1"));
        await("the breaker", () -> post("/v1/messages", Api.body(false), KEY).statusCode() == 529);
        cleanups.add(() -> {
            UPSTREAM.otherwise(request -> Wire.messageScript());
            await(
                    "the breaker to close",
                    () -> post("/v1/messages", Api.body(false), KEY).statusCode() == 200
                            && is("claude.client.breaker.open", 0));
        });
    }

    private void theDatabaseIsCutOff() {
        line.cut();
        cleanups.add(() -> {
            line.mend();
            await("the database", () -> is("claude.database.up", 1));
        });
    }

    /** No thread of the server runs, as if its heap were full or its machine swapped. */
    private void theServerHangs() throws Exception {
        signal("STOP");
        cleanups.add(() -> signal("CONT"));

        var question = HttpRequest.newBuilder(SERVER.uri().resolve("/health/live"))
                .timeout(Duration.ofSeconds(3))
                .build();
        assertThatThrownBy(() -> HTTP.send(question, BodyHandlers.discarding()))
                .isInstanceOf(HttpTimeoutException.class);
    }

    private static void signal(String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(SERVER.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    // Requests.

    private static HttpRequest.Builder request(String path, String key) {
        return HttpRequest.newBuilder(SERVER.uri().resolve(path))
                .timeout(TIMEOUT)
                .header("x-api-key", key);
    }

    private static HttpResponse<String> post(String path, String body, String key) throws Exception {
        return HTTP.send(
                request(path, key)
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private static JsonObject get(String path) throws Exception {
        HttpResponse<String> response = HTTP.send(request(path, KEY).build(), BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        return Api.json(response.body());
    }

    private String stream() throws Exception {
        HttpResponse<String> started = post("/v1/streams", Api.body(false), KEY);
        assertThat(started.statusCode()).as(started::body).isEqualTo(201);
        String id = Api.json(started.body()).getString("id");
        cleanups.add(() -> HTTP.send(request("/v1/streams/" + id, KEY).DELETE().build(), BodyHandlers.discarding()));
        return id;
    }

    private String job(String... members) throws Exception {
        HttpResponse<String> submitted =
                JobCaller.of(SERVER).submit(JobCaller.submissionFor("hi", members), "x-api-key", KEY);
        assertThat(submitted.statusCode()).as(submitted::body).isEqualTo(202);
        String id = Api.json(submitted.body()).getString("id");
        cleanups.add(() -> HTTP.send(request("/v1/jobs/" + id, KEY).DELETE().build(), BodyHandlers.discarding()));
        return id;
    }

    private static String jobStatus(String id) throws Exception {
        return get("/v1/jobs/" + id).getString("status");
    }

    private static JsonObject deliveries(String job) throws Exception {
        var deliveries = get("/v1/jobs/" + job + "/deliveries").getJsonArray("data");
        return deliveries.isEmpty() ? Api.json("{\"status\":\"none\"}") : deliveries.getJsonObject(0);
    }

    private static String batch() throws Exception {
        HttpResponse<String> submitted = BatchCaller.of(SERVER).submit(BatchCaller.line("one", "hi"), "x-api-key", KEY);
        assertThat(submitted.statusCode()).as(submitted::body).isEqualTo(202);
        return Api.json(submitted.body()).getString("id");
    }

    private static void sql(String statement) throws SQLException {
        var pooled = database.getPooledConnection();
        try (var connection = pooled.getConnection();
                var sql = connection.createStatement()) {
            assertThat(sql.executeUpdate(statement)).as(statement).isEqualTo(1);
        } finally {
            pooled.close();
        }
    }

    // Metrics.

    /** One series, as last reported. */
    private record Point(Map<String, String> attributes, double value) {

        static Point of(NumberDataPoint point) {
            return new Point(
                    attributes(point.getAttributesList()),
                    point.getValueCase() == NumberDataPoint.ValueCase.AS_DOUBLE
                            ? point.getAsDouble()
                            : point.getAsInt());
        }

        /** The number of values of a histogram. */
        static Point of(HistogramDataPoint point) {
            return new Point(attributes(point.getAttributesList()), point.getCount());
        }

        private static Map<String, String> attributes(List<KeyValue> attributes) {
            return OtlpReceiver.attributes(attributes);
        }
    }

    private static List<Point> points(String name) {
        Metric metric = COLLECTOR.metrics().get(name);
        if (metric == null) {
            return List.of();
        }
        return switch (metric.getDataCase()) {
            case GAUGE ->
                metric.getGauge().getDataPointsList().stream().map(Point::of).toList();
            case SUM ->
                metric.getSum().getDataPointsList().stream().map(Point::of).toList();
            case HISTOGRAM ->
                metric.getHistogram().getDataPointsList().stream()
                        .map(Point::of)
                        .toList();
            default -> throw new AssertionError(metric.toString());
        };
    }

    /** The value of a metric: the sum of counters, and the largest gauge. Empty if the metric has no series. */
    private static Optional<Double> value(AlertTable.Series series) {
        double[] values = points(series.metric()).stream()
                .filter(point -> series.has(point.attributes()))
                .mapToDouble(Point::value)
                .toArray();
        if (values.length == 0) {
            return Optional.empty();
        }
        boolean isGauge = COLLECTOR.metrics().get(series.metric()).hasGauge();
        return Optional.of(
                isGauge
                        ? DoubleStream.of(values).max().orElseThrow()
                        : DoubleStream.of(values).sum());
    }

    private static double value(String metric, String attribute, String wanted) {
        return value(new AlertTable.Series(metric, Optional.of(Map.entry(attribute, wanted))))
                .orElse(0.0);
    }

    private static boolean is(String gauge, double wanted) {
        return value(new AlertTable.Series(gauge, Optional.empty()))
                .filter(now -> now == wanted)
                .isPresent();
    }

    private interface Check {
        boolean isTrue() throws Exception;
    }

    private static void await(String what, Check condition) throws Exception {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (!condition.isTrue()) {
            assertThat(System.nanoTime()).as("the end of the wait for " + what).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }
}
