package io.github.claudejakarta.it.operations;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.docs.Document;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.ClientKey;
import io.github.claudejakarta.it.support.ManagedBatches;
import io.github.claudejakarta.it.support.Nginx;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.it.support.SocketReader;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Identity;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server behind a real nginx, which has the configuration of docs/operations.md and terminates TLS. */
@OwnServers
class ProxyIT {

    private static final Document.Block DOCUMENTED =
            Document.of("docs/operations.md").block("proxy_pass");
    private static final int MB = 1024 * 1024;
    private static final String KEY = ServerLog.KEY_MARK + "behind-nginx";
    /** nginx with the documented configuration. claude.public-url has this URL. */
    private static final URI PUBLIC = URI.create("https://localhost:" + ServerProcess.freePort());
    /** nginx that sends a Host without the port. */
    private static final URI WITHOUT_PORT = URI.create("https://localhost:" + ServerProcess.freePort());

    private static final ScriptedUpstream UPSTREAM = ScriptedUpstream.start();
    /** The upstream answers this path separately, because it may receive the batch of another test at the same time. */
    private static final String MESSAGES = "/v1/messages";

    @RegisterExtension
    static final Nginx NGINX = new Nginx();

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-behind-nginx")
            .with("CLAUDE_BASE_URL", UPSTREAM.url().toString())
            .with("CLAUDE_API_KEY", ServerLog.KEY_MARK + "behind-nginx-servers")
            .with("CLAUDE_PUBLIC_URL", PUBLIC.toString())
            .with("CLAUDE_CLIENTS_TELLER_KEY_SHA256", ClientKey.sha256(KEY));

    @TempDir
    static Path directory;

    private static HttpClient http;

    @BeforeAll
    static void start() throws Exception {
        http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(Identity.create(directory))
                .build();
        writeCertificate();
        SERVER.start();
        NGINX.start(
                directory,
                configured(PUBLIC).text()
                        + configured(WITHOUT_PORT)
                                .with("$http_host", "$host")
                                .with("$claude_connection", "$claude_connection_2")
                                .text(),
                PUBLIC.getPort());
    }

    private static Document.Block configured(URI url) {
        return DOCUMENTED
                .with("listen 443", "listen 127.0.0.1:" + url.getPort())
                .with("claude.example.com", "localhost")
                .with("/etc/ssl/claude.crt", directory.resolve("claude.crt").toString())
                .with("/etc/ssl/claude.key", directory.resolve("claude.key").toString())
                .with("127.0.0.1:9080", "localhost:" + SERVER.port());
    }

    /** Writes the certificate as PEM files, which nginx reads. */
    private static void writeCertificate() throws Exception {
        KeyStore store =
                KeyStore.getInstance(directory.resolve("identity.p12").toFile(), Identity.PASSWORD.toCharArray());
        writePem("claude.crt", "CERTIFICATE", store.getCertificate("localhost").getEncoded());
        writePem(
                "claude.key",
                "PRIVATE KEY",
                store.getKey("localhost", Identity.PASSWORD.toCharArray()).getEncoded());
    }

    private static void writePem(String file, String type, byte[] content) throws IOException {
        Files.writeString(
                directory.resolve(file),
                "-----BEGIN " + type + "-----\n"
                        + Base64.getMimeEncoder(64, "\n".getBytes(UTF_8)).encodeToString(content) + "\n-----END " + type
                        + "-----\n");
    }

    @AfterAll
    static void close() {
        UPSTREAM.close();
    }

    @BeforeEach
    void forget() {
        UPSTREAM.forget();
    }

    /** Claude sends the second event only after the client has received the first. */
    @Test
    void eventsArriveOneByOne() throws Exception {
        var barrier = new Barrier();
        UPSTREAM.at(MESSAGES, request -> Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));

        HttpResponse<InputStream> response =
                http.send(post("/v1/messages", "application/json", Api.body(true)), BodyHandlers.ofInputStream());

        assertThat(response.statusCode()).isEqualTo(200);
        try (var body = new BufferedReader(new InputStreamReader(response.body(), UTF_8))) {
            assertThat(body.lines().anyMatch(line -> line.contains("\"Hel\""))).isTrue();
            barrier.release();
            assertThat(body.lines().anyMatch(line -> line.contains("message_stop")))
                    .isTrue();
        }
    }

    @Test
    void urlsHaveThePublicAddress() throws Exception {
        UPSTREAM.at(MESSAGES, request -> Wire.helloScript());

        HttpResponse<String> created =
                http.send(post("/v1/streams", "application/json", Api.body(true)), BodyHandlers.ofString());

        assertThat(created.statusCode()).as(created::body).isEqualTo(201);
        URI location = URI.create(created.headers().firstValue("location").orElseThrow());
        assertThat(location.toString()).startsWith(PUBLIC + "/v1/streams/");
        HttpRequest watch = HttpRequest.newBuilder(location)
                .timeout(Api.TIMEOUT)
                .header("x-api-key", KEY)
                .header("accept", "text/event-stream")
                .build();
        assertThat(http.send(watch, BodyHandlers.ofString()).body()).contains("message_stop");
    }

    /** Also if the proxy sends a Host without the port: claude.public-url names the origin. */
    @Test
    void aPageOfThePublicUrlOpensASocket() throws Exception {
        for (URI proxy : List.of(PUBLIC, WITHOUT_PORT)) {
            UPSTREAM.at(MESSAGES, request -> Wire.helloScript());
            try (SocketReader socket = SocketReader.open(
                    http, proxy, "/v1/messages/socket", "Origin", PUBLIC.toString(), "x-api-key", KEY)) {
                socket.send(Api.body(true));
                assertThat(SocketReader.text(socket.rest())).isEqualTo("Hello");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://localhost", "http://localhost:9080", "https://evil.example", "null"})
    void aPageOfAnotherOriginIsRejected(String origin) throws Exception {
        var refusal = catchThrowableOfType(
                ExecutionException.class,
                () -> SocketReader.open(http, PUBLIC, "/v1/messages/socket", "Origin", origin, "x-api-key", KEY)
                        .close());

        assertThat(((WebSocketHandshakeException) refusal.getCause())
                        .getResponse()
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void aLargeBatchPasses() throws Exception {
        UPSTREAM.otherwise(request -> Script.error(400, "invalid_request_error", "not here"));
        int requests = 160;
        String prompt = "x".repeat(MB / 4);
        String lines = String.join(
                "\n",
                IntStream.range(0, requests)
                        .mapToObj(i -> ManagedBatches.item("r-" + i, prompt))
                        .toList());
        assertThat(lines.length()).isGreaterThan(40 * MB);

        HttpRequest request = HttpRequest.newBuilder(
                        post("/v1/batches", "application/x-ndjson", lines), (name, value) -> true)
                .timeout(Duration.ofMinutes(3))
                .build();
        HttpResponse<String> response = http.send(request, BodyHandlers.ofString());

        assertThat(response.statusCode()).as(response::body).isEqualTo(202);
        JsonObject batch = Api.json(response.body());
        assertThat(batch.getJsonObject("request_counts").getInt("processing")).isEqualTo(requests);
        assertThat(response.headers().firstValue("location")).contains(PUBLIC + "/v1/batches/" + batch.getString("id"));
    }

    private static HttpRequest post(String path, String type, String body) {
        return HttpRequest.newBuilder(PUBLIC.resolve(path))
                .timeout(Api.TIMEOUT)
                .header("x-api-key", KEY)
                .header("content-type", type)
                .POST(BodyPublishers.ofString(body))
                .build();
    }
}
