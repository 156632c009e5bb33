package io.github.claudejakarta.it.operations;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.BatchCaller;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.Receiver;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.upstream.ForwardProxy;
import io.github.claudejakarta.upstream.Identity;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server in the network of a Turkish bank: a Turkish locale, all settings in the environment, and Claude and
 * receivers behind proxies. Only the proxies can resolve the host names, which Java's URIs do not accept as hosts.
 * Claude is first a simulator, and then an upstream over TLS.
 */
@OwnServers
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BankNetworkIT {

    private static final String PASSWORD = "p@ss-4711";
    private static final String USER = "bank-user:p%40ss-4711";
    private static final String PUBLIC = "http://claude_front:8080";
    private static final String OWN_HEADER = "x-own-configuration";
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final ForwardProxy PROXY = ForwardProxy.start().requiring("bank-user:" + PASSWORD);
    private static final ForwardProxy CALLBACK_PROXY = ForwardProxy.start();
    private static final Receiver RECEIVER = new Receiver();

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-bank")
            .option("-Duser.language=tr")
            .option("-Duser.country=TR")
            .with("CLAUDE_API_KEY", ServerLog.KEY_MARK + "bank")
            .with("CLAUDE_PROXY", PROXY.url(USER))
            .with("CLAUDE_PUBLIC_URL", PUBLIC)
            .with("CLAUDE_WEBHOOKS_SECRET", Receiver.SECRET)
            .with("CLAUDE_WEBHOOKS_ALLOWED_HOSTS", "erp_intake")
            .with("CLAUDE_WEBHOOKS_PROXY", CALLBACK_PROXY.url())
            .with("CLAUDE_BATCH_POLL_INTERVAL", "PT0.1S")
            .with("OTEL_SDK_DISABLED", "false")
            .with("OTEL_TRACES_EXPORTER", "none")
            .with("OTEL_METRICS_EXPORTER", "none")
            .with("OTEL_LOGS_EXPORTER", "none")
            .with("IO_GITHUB_CLAUDEJAKARTA_CLAUDE_HTTP_CLAUDECLIENT_CALL_RETRY_MAXRETRIES", "1");

    @TempDir
    static Path directory;

    private static Simulator simulator;
    private static ScriptedUpstream upstream;

    @BeforeAll
    static void start() throws Exception {
        simulator = Simulator.start(work -> {
            var thread = new Thread(work, "simulator");
            thread.setDaemon(true);
            return thread;
        });
        Files.writeString(
                directory.resolve("own.xml"),
                "<server><httpEndpoint id=\"defaultHttpEndpoint\"><headers add=\"" + OWN_HEADER
                        + ":read\"/></httpEndpoint></server>");
        SERVER.with("CLAUDE_SERVER_CONFIG", directory.toString())
                .with(
                        "CLAUDE_BASE_URL",
                        "http://LLM_gateway:" + simulator.baseUri().getPort());
        SERVER.option("-Djavax.net.ssl.trustStore=" + directory.resolve("identity.p12"))
                .option("-Djavax.net.ssl.trustStorePassword=" + Identity.PASSWORD);
        upstream = ScriptedUpstream.startSecured(Identity.create(directory));
        SERVER.start();
    }

    @AfterAll
    static void close() {
        simulator.close();
        upstream.close();
        RECEIVER.close();
        PROXY.close();
        CALLBACK_PROXY.close();
    }

    private static HttpResponse<String> post(String path, String body, String... headers)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(SERVER.uri().resolve(path))
                .timeout(Api.TIMEOUT)
                .POST(BodyPublishers.ofString(body));
        request.headers(headers.length > 0 ? headers : new String[] {"content-type", "application/json"});
        return HTTP.send(request.build(), BodyHandlers.ofString(UTF_8));
    }

    private static HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(SERVER.uri().resolve(path)).timeout(Api.TIMEOUT);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HTTP.send(request.build(), BodyHandlers.ofString(UTF_8));
    }

    // Claude without TLS, by a name that only the proxy resolves.

    @Test
    @Order(1)
    void messagesAndStreamsPassThroughTheProxy() throws Exception {
        var whole = post("/v1/messages", Api.body(false));
        var streamed = post("/v1/messages", Api.body(true));

        assertThat(whole.statusCode()).as(whole::body).isEqualTo(200);
        assertThat(streamed.body()).contains("event: message_start", "event: message_stop");
        // Batches of another test pass through it too.
        assertThat(PROXY.seen())
                .filteredOn(seen -> seen.target().endsWith("/messages"))
                .hasSizeGreaterThanOrEqualTo(2)
                .allSatisfy(seen -> {
                    assertThat(seen.target())
                            .isEqualTo(
                                    "http://llm_gateway:" + simulator.baseUri().getPort() + "/v1/messages");
                    assertThat(seen.header("host"))
                            .contains("llm_gateway:" + simulator.baseUri().getPort());
                });
        assertThat(whole.headers().firstValue(OWN_HEADER))
                .as("CLAUDE_SERVER_CONFIG was read")
                .contains("read");
    }

    @Test
    @Order(1)
    void jobsRunAndCallBackThroughTheOtherProxy() throws Exception {
        var callbackUrl = "http://ERP_intake:" + RECEIVER.url("/x").replaceAll("\\D+", "") + "/claude?x=y";
        var jobs = JobCaller.of(SERVER);
        var submitted = jobs.submit(JobCaller.submissionFor("sim:events=2", JobCaller.callback(callbackUrl)));
        assertThat(submitted.statusCode()).as(submitted::body).isEqualTo(202);
        assertThat(submitted.headers().firstValue("location").orElse("")).startsWith(PUBLIC + "/v1/jobs/");

        jobs.succeeded(Api.json(submitted.body()).getString("id"));

        var call = RECEIVER.await("/claude");
        assertThat(call.request().target()).isEqualTo("/claude?x=y");
        assertThat(call.request().header("proxy-authorization")).isEmpty();
        assertThat(CALLBACK_PROXY.seen())
                .isNotEmpty()
                .allSatisfy(seen -> assertThat(seen.target()).startsWith("http://erp_intake:"));
    }

    @Test
    @Order(1)
    void internalHostsAreNotCalledBackThroughAProxy() throws Exception {
        for (String url : List.of(
                "https://127.0.0.1/",
                "https://10.1.2.3/",
                "https://[::1]/",
                "https://localhost/",
                "http://erp_intake.example/",
                "https://169.254.169.254/")) {
            var refused = JobCaller.of(SERVER).submit(JobCaller.submissionFor("sim:events=1", JobCaller.callback(url)));

            assertThat(Api.assertError(refused, 400, "invalid_request_error").getString("message"))
                    .startsWith("callback_url: ");
        }
    }

    @Test
    @Order(1)
    void aSpreadsheetBecomesABatch() throws Exception {
        var submitted = post(
                "/v1/batches?model=claude-opus-5-5&max_tokens=64",
                "custom_id,prompt\nIi,sim:batch_us=1000 h\u0131\nb,sim:batch_us=1000 I\n",
                "content-type",
                "TEXT/CSV");
        assertThat(submitted.statusCode()).as(submitted::body).isEqualTo(202);
        var id = Api.json(submitted.body()).getString("id");

        BatchCaller.of(SERVER).succeeded(id, List.of("Ii", "b"));

        assertThat(get("/v1/batches/" + id + "/results", "Accept", "TEXT/CSV").body())
                .contains("Ii,")
                .contains("custom_id");
    }

    @Test
    @Order(2)
    void usageIsCounted() throws Exception {
        Api.await(
                "a line with a trace, as OTEL_SDK_DISABLED says",
                () -> SERVER.log().contains("trace_id="));
        Api.await("the usage", () -> get("/v1/usage").body().contains("claude-opus-5-5"));
        assertThat(get("/v1/streams").statusCode()).isEqualTo(200);
        assertThat(get("/v1/jobs?status=succeeded&limit=10").body()).contains("\"succeeded\"");
        assertThat(Api.json(get("/v1/models").body()).getJsonArray("data")).isNotEmpty();
    }

    @Test
    @Order(2)
    void pagesOfThePublicUrlAreServed() throws Exception {
        assertThat(post(
                                "/v1/messages",
                                Api.body(false),
                                "content-type",
                                "application/json",
                                "origin",
                                "HTTP://Claude_Front:8080")
                        .statusCode())
                .isEqualTo(200);
        assertThat(post(
                                "/v1/messages",
                                Api.body(false),
                                "content-type",
                                "application/json",
                                "origin",
                                "http://claude_back:8080")
                        .statusCode())
                .isEqualTo(403);
    }

    // Claude over TLS, in a tunnel.

    @Test
    @Order(3)
    void aTunnelLeadsToClaude() throws Exception {
        SERVER.stop();
        SERVER.with("CLAUDE_BASE_URL", upstream.url().toString());
        upstream.otherwise(
                request -> request.json().getBoolean("stream", false) ? Wire.helloScript() : Wire.messageScript());
        SERVER.start();
        int before = PROXY.seen().size();

        PROXY.requiring("bank-user:other");
        var unauthorized = Api.assertError(post("/v1/messages", Api.body(false)), 500, "api_error")
                .getString("message");
        assertThat(unauthorized)
                .isEqualTo("The proxy localhost:" + PROXY.port()
                        + " (claude.proxy) rejected the user or the password (HTTP 407)");
        assertThat(PROXY.seen().size() - before).as("not retried").isEqualTo(1);
        PROXY.answer("HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\n\r\n{\"type\":\"error\"}");
        var forbidden = Api.assertError(post("/v1/messages", Api.body(true)), 500, "api_error")
                .getString("message");
        assertThat(forbidden)
                .contains(
                        "claude.proxy",
                        "localhost:" + PROXY.port(),
                        "localhost:" + upstream.url().getPort(),
                        "HTTP 403");
        assertThat(PROXY.seen().size() - before).as("not retried").isEqualTo(2);
        PROXY.answer("HTTP/1.1 502 Bad Gateway\r\n\r\n");
        Api.assertError(post("/v1/messages", Api.body(false)), 500, "api_error");
        assertThat(PROXY.seen().size() - before)
                .as("retried once, as the environment configures")
                .isEqualTo(4);
        assertThat(upstream.requests()).isEmpty();

        PROXY.answer(null);
        PROXY.requiring("bank-user:" + PASSWORD);
        assertThat(post("/v1/messages", Api.body(false)).body()).isEqualTo(Wire.MESSAGE);
        assertThat(post("/v1/messages", Api.body(true)).body()).isEqualTo(Wire.hello());

        assertThat(PROXY.seen().subList(before, PROXY.seen().size()))
                .allSatisfy(seen -> assertThat(seen.method()).isEqualTo("CONNECT"));
        assertThat(upstream.requests()).isNotEmpty().allSatisfy(request -> {
            assertThat(request.header("proxy-authorization")).isEmpty();
            assertThat(request.header("x-api-key")).contains(ServerLog.KEY_MARK + "bank");
        });
    }

    @Test
    @Order(4)
    void noPasswordIsShown() throws Exception {
        var log = SERVER.log();

        assertThat(log)
                .contains("through the proxy localhost:" + PROXY.port() + " (claude.proxy)")
                .doesNotContain(PASSWORD, "p%40ss", "Proxy-Authorization", "Basic ");
        assertThat(get("/health").body()).doesNotContain("bank-user", PASSWORD);
    }
}
