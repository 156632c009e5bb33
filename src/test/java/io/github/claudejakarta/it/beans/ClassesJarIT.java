package io.github.claudejakarta.it.beans;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.BatchCaller;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.simulator.Simulator;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonStructure;
import java.io.File;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.spec.EnterpriseArchive;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The classes jar in another application, in one server with the product. The application has its beans, and nothing of
 * its HTTP API.
 */
@OwnServers
class ClassesJarIT {

    private static final Pattern NAMES_SERVED = Pattern.compile(
            "Ljakarta/(ws/rs/(Path|ApplicationPath|ext/Provider)|servlet/annotation/\\w+|websocket/[\\w/]+);");
    private static final String BANKS_KEY = ServerLog.KEY_MARK + "of-the-bank";
    private static final String RETRIES = "io.github.claudejakarta.claude.http.ClaudeClient/call/Retry/maxRetries";

    private static final Pattern NAMES_SERVED_IN_LIBRARIES =
            Pattern.compile(NAMES_SERVED.pattern().replace("Path|", ""));

    private static final File JAR = new File(System.getProperty("it.classes"));
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** A simulator for each application. With a shared one, requests of the other application would fail the test. */
    private static final Simulator CLAUDE = claude();

    private static final Simulator CLAUDE_OF_NEIGHBOUR = claude();

    /** The same database, through a data source with Liberty's defaults and few connections. */
    private static final String DATABASE_OF_NEIGHBOUR = """
        <dataSource jndiName="jdbc/neighbour" type="java.sql.Driver">
            <jdbcDriver libraryRef="jdbc-drivers"/>
            <properties url="${claude.database.url}" user="${claude.database.user}" password="${claude.database.password}"/>
            <connectionManager maxPoolSize="8" connectionTimeout="5s"/>
        </dataSource>
        <webApplication location="neighbour.war" contextRoot="/neighbour">
            <appProperties>
                <property name="claude.database.jndi" value="jdbc/neighbour"/>
                <property name="claude.base-url" value="%s"/>
            </appProperties>
        </webApplication>""";

    private static final int JOBS = 70;

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-neighbours")
            .with("CLAUDE_BASE_URL", CLAUDE.baseUri().toString())
            .with("CLAUDE_API_KEY", ServerLog.KEY_MARK + "neighbours")
            .application("neighbour.war", neighbour())
            .configured("neighbour.xml", DATABASE_OF_NEIGHBOUR.formatted(CLAUDE_OF_NEIGHBOUR.baseUri()))
            .application("bank.ear", bank())
            .configured("bank.xml", "<enterpriseApplication location=\"bank.ear\"/>")
            .configured("json.xml", "<featureManager><feature>jsonb-3.0</feature></featureManager>");

    /** An application with its own libraries, in other versions than those in the classes jar, and with another log. */
    static WebArchive neighbour() {
        return ShrinkWrap.create(WebArchive.class, "neighbour.war")
                .addClasses(NeighbourApplication.class, NeighbourApplication.Asking.class)
                .addClasses(NeighbourProducers.class, NeighbourProducers.Page.class)
                .addClasses(
                        NeighbourJson.class,
                        NeighbourJson.Answer.class,
                        NeighbourJson.Errors.class,
                        NeighbourJson.Bound.class)
                .addAsLibrary(JAR, "claude-jakarta-classes.jar")
                .addAsLibraries(new File(System.getProperty("it.neighbour")).listFiles());
    }

    /** The same application in an EAR. Its WAR has its own configuration. */
    private static EnterpriseArchive bank() {
        return InAnEar.of(
                neighbour(), "config_ordinal=1000", "claude.api-key=" + InAnEar.xor(BANKS_KEY), RETRIES + "=0");
    }

    private static Simulator claude() {
        try {
            return Simulator.start(Thread::new);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterAll
    static void close() {
        CLAUDE.close();
        CLAUDE_OF_NEIGHBOUR.close();
    }

    @BeforeAll
    static void start() throws Exception {
        SERVER.start();
        Api.await("the neighbour", () -> get("/neighbour/api/claude/failure").statusCode() == 500);
        Api.await("the bank", () -> get("/bank/api/claude/failure").statusCode() == 500);
    }

    @Test
    void itsBeansStreamAndBroadcast() throws Exception {
        assertThat(get("/neighbour/api/claude/text").body()).isNotBlank();
        assertThat(get("/neighbour/api/claude/live").body())
                .contains("event: message_start")
                .contains("event: message_stop");
    }

    @Test
    void applicationsMayProduceTheTypesOfOurBeans() throws Exception {
        assertThat(get("/neighbour/api/beans").body()).isEqualTo(NeighbourProducers.NOW + " 1 true");
    }

    @Test
    void resourcesReturnOurTypesAsApiJson() throws Exception {
        theApplicationIsHealthy();

        JsonObject message = json(get("/neighbour/api/json/message").body()).asJsonObject();
        assertThat(message.getString("type")).isEqualTo("message");
        assertThat(message.getJsonObject("usage").getInt("output_tokens")).isPositive();
        JsonObject answer = json(get("/neighbour/api/json/answer").body()).asJsonObject();
        assertThat(answer.getJsonObject("message").keySet()).isEqualTo(message.keySet());
        assertThat(answer.getString("reason")).isEqualTo("end_turn");
        JsonObject job =
                json(get("/neighbour/api/json/jobs").body()).asJsonArray().getJsonObject(0);
        assertThat(job.getString("status")).isEqualTo("failed");
        assertThat(job.getJsonObject("error").getString("type")).isEqualTo("invalid_request_error");
        assertThat(job.keySet()).contains("stream_id").doesNotContain("owner");
        String request =
                "{\"model\":\"m\",\"max_tokens\":10,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"later\":{\"x\":1}}";
        assertThat(HTTP.send(
                                request("/neighbour/api/json/echo")
                                        .header("Content-Type", "application/json")
                                        .POST(BodyPublishers.ofString(request))
                                        .build(),
                                BodyHandlers.ofString())
                        .body())
                .isEqualTo(request);
    }

    @Test
    void itsMapperShowsOurErrors() throws Exception {
        HttpResponse<String> refused = get("/neighbour/api/json/refused");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.headers().firstValue("claude-error-kind")).contains("refused");
        assertThat(refused.headers().firstValue("request-id")).isPresent();
        assertThat(json(refused.body()).asJsonObject().getJsonObject("error").getString("type"))
                .isEqualTo("invalid_request_error");
        HttpResponse<String> canceled = get("/neighbour/api/json/canceled");
        assertThat(canceled.statusCode()).isEqualTo(499);
        assertThat(canceled.headers().firstValue("claude-error-kind")).contains("canceled");
    }

    private static JsonStructure json(String text) {
        try (var reader = Json.createReader(new StringReader(text))) {
            return reader.read();
        }
    }

    /** Two applications open one new database, so one of them may need its second attempt. */
    @Test
    void itsBeansRunBatches() throws Exception {
        Api.await("the neighbour's batch", () -> {
            String results = get("/neighbour/api/claude/batch").body();
            assertThat(results).matches("a succeeded, b succeeded|.*[(]503[)].*");
            return results.startsWith("a");
        });
    }

    /** More concurrent jobs than the pool has connections, on threads that live longer than a job. */
    @Test
    void itsJobsRunOnADataSourceThatSharesConnections() throws Exception {
        theApplicationIsHealthy();

        assertThat(get("/neighbour/api/claude/jobs?count=" + JOBS).body()).isEqualTo(JOBS + " succeeded");
        assertThat(get("/neighbour/api/claude/jobs?count=1").body()).isEqualTo("1 succeeded");
        assertThat(SERVER.messages()).noneMatch(line -> line.contains("J2CA0045E") || line.contains("is away"));
    }

    @Test
    void conversationsGetQuestionsFromRequestsAndJobs() throws Exception {
        theApplicationIsHealthy();

        assertThat(get("/neighbour/api/claude/conversation").body()).isEqualTo("4 messages");
    }

    @Test
    void noApplicationSeesOrRunsWorkOfTheOther() throws Exception {
        theApplicationIsHealthy();
        JobCaller jobs = JobCaller.of(SERVER);
        BatchCaller batches = BatchCaller.of(SERVER);
        String job = jobs.accepted(JobCaller.submissionFor("sim:events=1 of the product"));
        String batch = batches.accepted("product", 3, "sim:batch_us=1000 events=1");
        String ofNeighbour = get("/neighbour/api/claude/submitted").body();
        String jobOfNeighbour = ofNeighbour.split(" ")[0];
        String batchOfNeighbour = ofNeighbour.split(" ")[1];

        jobs.succeeded(job);
        batches.succeeded(batch, BatchCaller.ids("product", 3));
        assertThat(get("/neighbour/api/claude/ended?job=" + jobOfNeighbour + "&batch=" + batchOfNeighbour)
                        .body())
                .isEqualTo("succeeded ended");

        assertThat(get("/neighbour/api/claude/seen?id=" + job).body()).isEqualTo("false");
        assertThat(get("/neighbour/api/claude/seen?id=" + batch).body()).isEqualTo("false");
        assertThat(get("/neighbour/api/claude/seen?id=" + jobOfNeighbour).body())
                .isEqualTo("true");
        assertThat(jobs.get("/" + jobOfNeighbour).statusCode()).isEqualTo(404);
        assertThat(jobs.cancel(jobOfNeighbour).statusCode()).isEqualTo(404);
        assertThat(get("/v1/batches/" + batchOfNeighbour).statusCode()).isEqualTo(404);
        assertThat(jobs.ids("?limit=1000")).contains(job).doesNotContain(jobOfNeighbour);
        assertThat(BatchCaller.of(SERVER).list().toString()).contains(batch).doesNotContain(batchOfNeighbour);
        assertThat(CLAUDE.requests())
                .noneMatch(request -> request.body().orElse("").contains("of the neighbour"));
        assertThat(CLAUDE_OF_NEIGHBOUR.requests())
                .noneMatch(request -> request.body().orElse("").contains("of the product"));
    }

    /** Liberty decodes only attributes of its own elements. */
    @Test
    void theConfigurationOfAWarInAnEarIsUsedAndDecoded() throws Exception {
        assertThat(get("/bank/api/claude/text").body()).isNotBlank();

        assertThat(CLAUDE.requests()).anyMatch(request -> request.carries(BANKS_KEY));
    }

    @Test
    void anEarReportsKeysThatFaultToleranceDoesNotRead() throws Exception {
        assertThat(SERVER.messages().stream().filter(line -> line.contains("has no effect in the WAR of an EAR")))
                .singleElement()
                .asString()
                .contains(RETRIES);
    }

    @Test
    void theApplicationUsesItsOwnLibraries() throws Exception {
        assertThat(get("/neighbour/api/claude/libraries").body().lines())
                .satisfiesExactly(
                        flyway -> assertThat(flyway).startsWith("flyway 10."),
                        scheduler -> assertThat(scheduler).contains("db-scheduler-14."),
                        log -> assertThat(log).isEqualTo("log ch.qos.logback.classic.LoggerContext"),
                        // The server's library.
                        rest -> assertThat(rest).contains(".resteasy."),
                        delegate -> assertThat(delegate).contains(".resteasy."));
    }

    /**
     * A SLF4J provider in the classes jar would receive the application's log. Without relocation, the application's
     * provider would receive the log of our libraries.
     */
    @Test
    void theApplicationsLogHasNoLinesOfOurLibraries() throws Exception {
        itsBeansRunBatches();

        assertThat(SERVER.messages())
                .noneMatch(line -> line.contains("SLF4J"))
                .noneMatch(line -> line.contains(" DEBUG "))
                .anyMatch(line -> line.contains("The database is open"));
    }

    @Test
    void theApplicationIsHealthy() throws Exception {
        Api.await("the databases of all three applications", () -> {
            HttpResponse<String> health = get("/health/ready");
            return health.statusCode() == 200 && health.body().split("\"database\": ?\"open\"", -1).length == 4;
        });
    }

    @Test
    void theHttpApiIsAbsent() throws Exception {
        for (String path : List.of(
                "/neighbour/v1/messages",
                "/neighbour/api/messages",
                "/neighbour/api/streams",
                "/neighbour/api/batches",
                "/neighbour/api/jobs",
                "/neighbour/api/usage",
                "/neighbour/api/models",
                "/neighbour/error")) {
            assertThat(get(path).statusCode()).as(path).isEqualTo(404);
            assertThat(post(path).statusCode()).as(path).isEqualTo(404);
        }
        HttpResponse<String> failure = get("/neighbour/api/claude/failure");
        assertThat(failure.body()).doesNotContain("api_error");
        // The module does not check the application's requests either: it would reject this Host.
        HttpResponse<String> text = HTTP.send(
                request("/neighbour/api/claude/text")
                        .header("Origin", "https://elsewhere.example")
                        .build(),
                BodyHandlers.ofString());
        assertThat(text.statusCode()).isEqualTo(200);
        assertThat(get("/openapi").body()).doesNotContain("/neighbour/v1");
    }

    @Test
    void streamsBelongToOneApplication() throws Exception {
        get("/neighbour/api/claude/text");

        assertThat(Api.json(get("/v1/streams").body()).getJsonArray("data")).isEmpty();
    }

    /** The jar has no class that a container serves, or calls for other requests, because it finds it. */
    @Test
    void theJarHasNothingThatAContainerWouldServe() throws Exception {
        var served = new ArrayList<String>();
        var packages = new TreeSet<String>();
        try (var jar = new JarFile(JAR)) {
            for (JarEntry entry :
                    jar.stream().filter(one -> one.getName().endsWith(".class")).toList()) {
                String name = entry.getName().replace('/', '.').replaceFirst("\\.class$", "");
                boolean isOfLibrary = name.startsWith("io.github.claudejakarta.lib.");
                if (!isOfLibrary) {
                    packages.add(name.replaceFirst("\\.[^.]+$", "").replaceFirst(".*\\.", ""));
                }
                if (isOfLibrary
                        // These classes are not loaded, because their superclasses may be absent here.
                        ? NAMES_SERVED_IN_LIBRARIES
                                .matcher(new String(jar.getInputStream(entry).readAllBytes(), ISO_8859_1))
                                .find()
                        : isServed(Class.forName(name, false, ClassesJarIT.class.getClassLoader()))) {
                    served.add(name);
                }
            }
        }
        assertThat(served).isEmpty();
        assertThat(packages)
                .contains("stream", "batch", "job", "usage", "app")
                .doesNotContain("edge", "gateway", "rest", "socket");
    }

    private static boolean isServed(Class<?> type) {
        return Stream.of(type.getAnnotations())
                .anyMatch(annotation -> NAMES_SERVED
                        .matcher(annotation.annotationType().descriptorString())
                        .find());
    }

    /** No class or resource of the jar can replace one of the application, or be served because of its name. */
    @Test
    void theJarHasNothingUnderNamesOfOthers() throws Exception {
        try (var jar = new JarFile(JAR)) {
            assertThat(jar.stream().map(JarEntry::getName).filter(name -> !name.endsWith("/")))
                    .allMatch(name -> name.startsWith("io/github/claudejakarta/") || name.startsWith("META-INF/"))
                    .noneMatch(name -> name.startsWith("META-INF/resources/") || name.startsWith("META-INF/versions/"));
            for (JarEntry service : jar.stream()
                    .filter(entry -> entry.getName().matches("META-INF/services/(?!io\\.github\\.claudejakarta\\.).+"))
                    .toList()) {
                assertThat(new String(jar.getInputStream(service).readAllBytes(), UTF_8))
                        .as(service.getName())
                        .contains("io.github.claudejakarta.")
                        .doesNotContain("io.github.claudejakarta.lib.");
            }
            assertThat(jar.getEntry("META-INF/services/" + ConfigSource.class.getName()))
                    .isNotNull();
        }
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return HTTP.send(request(path).build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(String path) throws Exception {
        return HTTP.send(
                request(path)
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(Api.body(true)))
                        .build(),
                BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(SERVER.uri() + path)).timeout(Duration.ofSeconds(60));
    }
}
