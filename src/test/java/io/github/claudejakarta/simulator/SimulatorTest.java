package io.github.claudejakarta.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.lane.Slow;
import jakarta.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The API except for the content of messages, and the HTTP server. */
class SimulatorTest {

    private static final String USER = "\"messages\":[{\"role\":\"user\",\"content\":\"sim:delay_us=0\"}]";

    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private Simulator simulator;
    private Client client;

    @BeforeEach
    void start() throws Exception {
        simulator = Simulator.start(this::thread);
        client = Client.of(simulator);
    }

    private Thread thread(Runnable work) {
        var thread = new Thread(work);
        threads.add(thread);
        return thread;
    }

    @AfterEach
    void close() {
        simulator.close();
    }

    @Test
    void everyAnswerHasClaudesHeaders() throws Exception {
        for (var response : List.of(
                client.get("/v1/models"),
                client.get("/nothing"),
                client.post(Client.body("sim:events=1", true)),
                client.post("{"))) {
            assertThat(response.headers().map().keySet())
                    .contains(
                            "request-id",
                            "anthropic-organization-id",
                            "claude-simulator",
                            "anthropic-ratelimit-requests-limit",
                            "anthropic-ratelimit-tokens-remaining",
                            "anthropic-ratelimit-input-tokens-reset",
                            "anthropic-ratelimit-output-tokens-limit");
            assertThat(response.headers().firstValue("request-id").orElseThrow())
                    .matches("req_01[1-9A-Za-z]{22}");
            assertThat(response.headers().firstValue("claude-simulator")).contains("true");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{}",
                "{\"model\":1," + USER + ",\"max_tokens\":1}",
                "{\"model\":\"\"," + USER + ",\"max_tokens\":1}",
                "{\"model\":\"m\",\"max_tokens\":1}",
                "{\"model\":\"m\"," + USER + "}",
                "{\"model\":\"m\"," + USER + ",\"max_tokens\":-1}",
                "{\"model\":\"m\"," + USER + ",\"max_tokens\":1.5}",
                "{\"model\":\"m\"," + USER + ",\"max_tokens\":1,\"stream\":\"yes\"}",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[]}",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":{}}",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[1]}",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"content\":\"x\"}]}",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\"}]}",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":1}]}",
                "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":[1]}]}",
                "{\"model\":\"m\"," + USER + ",\"max_tokens\":1,\"tools\":{}}",
                "{\"model\":\"m\"," + USER + ",\"max_tokens\":1,\"tools\":[1]}",
                "{\"model\":\"m\"," + USER + ",\"max_tokens\":1,\"tool_choice\":{\"type\":\"all\"}}",
                "{\"model\":\"m\"," + USER + ",\"max_tokens\":1,\"stop_sequences\":[1]}",
                "{\"model\":\"m\"," + USER + ",\"max_tokens\":1,\"thinking\":true}"
            })
    void anInvalidEnvelopeGets400(String body) throws Exception {
        var response = client.post(body);

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(Client.json(response.body()).getJsonObject("error").getString("type"))
                .isEqualTo("invalid_request_error");
    }

    @Test
    void aValidEnvelopeIsAccepted() throws Exception {
        assertThat(client.post("{\"model\":\"m\"," + USER + ",\"max_tokens\":1}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(client.post("{\"model\":\"m\"," + USER + ",\"max_tokens\":0,\"stream\":false}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(client.post("{\"model\":\"m\"," + USER + ",\"max_tokens\":99999999999999999999}")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void theBodyDecidesAboutStreaming() throws Exception {
        var whole = client.send(client.request("/v1/messages")
                .header("accept", "text/event-stream")
                .POST(BodyPublishers.ofString(Client.body("sim:events=1", false))));
        var stream = client.send(client.request("/v1/messages")
                .header("accept", "application/json")
                .POST(BodyPublishers.ofString(Client.body("sim:events=1", true))));

        assertThat(whole.body()).startsWith("{");
        assertThat(stream.body()).startsWith("event: message_start");
    }

    @Test
    void theNewVersionRejectsSampling() throws Exception {
        var body = "{\"model\":\"m\"," + USER + ",\"max_tokens\":1,\"temperature\":1}";

        assertThat(client.post(body).statusCode()).isEqualTo(200);
        assertThat(client.send(client.request("/v1/messages")
                                .setHeader("anthropic-version", "2026-10-21")
                                .POST(BodyPublishers.ofString(body)))
                        .body())
                .contains("temperature: Extra inputs are not permitted");
    }

    @ParameterizedTest
    @CsvSource({
        "anthropic-version,,400",
        "anthropic-version,2020-01-01,400",
        "content-type,text/plain,400",
        "content-type,,400",
        "x-api-key,bad,401",
        "authorization,Bearer bad,401",
        "x-api-key,good,200",
        "authorization,Bearer good,200"
    })
    void headersAreChecked(String name, String value, int status) throws Exception {
        var headers = new HashMap<>(Map.of("anthropic-version", "2023-06-01", "content-type", "application/json"));
        if (value == null) {
            headers.remove(name);
        } else {
            headers.put(name, value);
        }
        var request = HttpRequest.newBuilder(simulator.baseUri().resolve("/v1/messages"));
        headers.forEach(request::header);

        assertThat(client.send(request.POST(BodyPublishers.ofString(Client.body("sim:events=1", false))))
                        .statusCode())
                .isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/v1/messages,405",
        "POST,/v1/models,405",
        "GET,/v1/messages/count_tokens,405",
        "GET,/,404",
        "GET,/v1/models/nobody,404",
        "POST,/v1/messages/others,404",
        "GET,/v1/models/%zz,400",
        "HEAD,/v1/models,405"
    })
    void otherPathsAndMethodsAreErrors(String method, String path, int status) throws Exception {
        assertThat(raw(method + " " + path + " HTTP/1.1\r\nanthropic-version: 2023-06-01\r\nconnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 " + status + " ");
    }

    @Test
    void countTokensReturnsTheInputTokensOfTheMessage() throws Exception {
        var prompt = "x".repeat(4000) + " sim:events=1";
        var counted = client.send(client.request("/v1/messages/count_tokens")
                .POST(BodyPublishers.ofString(Client.body(prompt, false).replace("\"max_tokens\":1024,", ""))));
        var tokens = Client.json(counted.body()).getInt("input_tokens");
        var message = Client.json(client.post(Client.body(prompt, false)).body());

        assertThat(tokens)
                .isBetween(1000, 1020)
                .isEqualTo(message.getJsonObject("usage").getInt("input_tokens"));
    }

    @Test
    void modelsArePagedInBothDirections() throws Exception {
        var all = ids("/v1/models?limit=1000");
        var forward = new ArrayList<>(ids("/v1/models?limit=10"));
        while (forward.size() < all.size()) {
            forward.addAll(ids("/v1/models?limit=10&after_id=" + forward.get(forward.size() - 1)));
        }
        var backward = Client.json(
                client.get("/v1/models?limit=3&before_id=" + all.get(5)).body());

        assertThat(all).hasSize(6 + ScriptedModel.values().length).doesNotHaveDuplicates();
        assertThat(forward).isEqualTo(all);
        assertThat(ids("/v1/models")).hasSize(20);
        assertThat(backward.getString("first_id")).isEqualTo(all.get(2));
        assertThat(backward.getString("last_id")).isEqualTo(all.get(4));
        assertThat(backward.getBoolean("has_more")).isTrue();
        assertThat(Client.json(client.get("/v1/models?limit=5&before_id=" + all.get(2))
                                .body())
                        .getBoolean("has_more"))
                .isFalse();
        assertThat(client.get("/v1/models?after_id=" + all.get(all.size() - 1)).body())
                .isEqualTo("{\"data\":[],\"has_more\":false,\"first_id\":null,\"last_id\":null}");
        assertThat(client.get("/v1/models?limit=0").statusCode()).isEqualTo(400);
        assertThat(client.get("/v1/models?limit=x").statusCode()).isEqualTo(400);
        assertThat(Client.json(client.get("/v1/models/claude-opus-5-5").body()).getString("display_name"))
                .isEqualTo("Claude Opus 5.5");
    }

    private List<String> ids(String path) throws Exception {
        return Client.json(client.get(path).body()).getJsonArray("data").getValuesAs(JsonObject.class).stream()
                .map(model -> model.getString("id"))
                .toList();
    }

    @Test
    void requestsAreRecordedWithoutTheirKeys() throws Exception {
        client.send(client.request("/v1/messages?beta=true")
                .header("X-Api-Key", "sk-secret")
                .header("anthropic-beta", "a")
                .header("anthropic-beta", "b")
                .POST(BodyPublishers.ofString(Client.body("sim:events=1", false))));
        var request = simulator.requests().get(0);

        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.path()).isEqualTo("/v1/messages?beta=true");
        assertThat(request.header("Anthropic-Beta")).contains("a, b");
        assertThat(request.carries("sk-secret")).isTrue();
        assertThat(request.carries("sk-other")).isFalse();
        assertThat(request.headers().toString()).doesNotContain("sk-secret");
        assertThat(request.body()).contains(Client.body("sim:events=1", false));
        assertThat(request.toString()).isEqualTo("POST /v1/messages?beta=true (" + request.bodyLength() + " bytes)");
        client.send(client.request("/v1/models").header("Authorization", "Bearer sk-token"));
        assertThat(simulator.requests().get(1).carries("sk-token")).isTrue();
    }

    @Test
    void theRecordIsBounded() throws Exception {
        client.post(Client.body("x".repeat(70_000) + " sim:events=1", false));
        assertThat(simulator.requests().get(0).body()).isEmpty();
        assertThat(simulator.requests().get(0).bodyLength()).isGreaterThan(70_000);
        for (var count = 0; count < 150; count++) {
            client.get("/v1/models/claude-sim-cut?" + count);
        }
        assertThat(simulator.requests()).hasSize(100);
        assertThat(simulator.requests().get(99).path()).endsWith("?149");
        assertThat(simulator.counts().requests()).isEqualTo(151);
    }

    @Test
    void connectionsAreReused() throws Exception {
        try (var socket = Client.rawPost(simulator, Client.body("sim:events=3", true))) {
            assertThat(Client.readUntil(socket.getInputStream(), "\r\n0\r\n\r\n"))
                    .contains("message_stop");
            for (var count = 0; count < 3; count++) {
                socket.getOutputStream()
                        .write("GET / HTTP/1.1\r\nanthropic-version: 2023-06-01\r\n\r\n"
                                .getBytes(StandardCharsets.UTF_8));
                assertThat(Client.readUntil(socket.getInputStream(), "\"request_id\""))
                        .contains("HTTP/1.1 404");
            }
        }
        assertThat(threads).hasSize(2);
    }

    @Test
    void aPipelinedRequestIsAnsweredInOrder() throws Exception {
        try (var socket = Client.rawPost(simulator, Client.body("sim:events=2 delay_us=5000", true))) {
            socket.getOutputStream()
                    .write("GET /v1/models/none HTTP/1.1\r\nanthropic-version: 2023-06-01\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.UTF_8));
            var answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answers).contains("message_stop", "HTTP/1.1 404");
            assertThat(answers.indexOf("message_stop")).isLessThan(answers.indexOf("HTTP/1.1 404"));
        }
    }

    @Test
    void chunkedRequestsAreRead() throws Exception {
        var body = Client.body("sim:events=1", false).getBytes(StandardCharsets.UTF_8);
        var chunked =
                client.request("/v1/messages").POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)));

        assertThat(client.send(chunked).statusCode()).isEqualTo(200);
        assertThat(simulator.requests().get(0).bodyLength()).isEqualTo(body.length);
        assertThat(simulator.requests().get(0).header("transfer-encoding")).contains("chunked");
    }

    @ParameterizedTest
    @ValueSource(strings = {"content-length: 33554433\r\n\r\n", "transfer-encoding: chunked\r\n\r\n2000001\r\n"})
    void aBodyThatIsTooLargeGets413(String head) throws Exception {
        assertThat(raw("POST /v1/messages HTTP/1.1\r\nanthropic-version: 2023-06-01\r\n" + head + "x".repeat(100_000)))
                .startsWith("HTTP/1.1 413 ")
                .contains("request_too_large", "request-id: req_", "claude-simulator: true");
        assertThat(simulator.counts().requests()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense\r\n\r\n",
                "GET / HTTP/1.0\r\n\r\n",
                "GET / HTTP/1.1\r\nnonsense\r\n\r\n",
                "GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
                "GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
                "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"
            })
    void invalidHttpGets400(String request) throws Exception {
        assertThat(raw(request)).startsWith("HTTP/1.1 400 ").contains("invalid_request_error");
    }

    @Test
    void aHeadWithoutAnEndGets400() throws Exception {
        assertThat(raw("GET / HTTP/1.1\r\nx: " + "y".repeat(70_000))).startsWith("HTTP/1.1 400 ");
    }

    private String raw(String request) throws IOException {
        try (var socket = connect(simulator)) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Socket connect(Simulator simulator) throws IOException {
        var socket = new Socket("127.0.0.1", simulator.baseUri().getPort());
        socket.setSoTimeout((int) Client.LIMIT.toMillis());
        return socket;
    }

    @Slow("time limits in real time")
    @ParameterizedTest
    @ValueSource(strings = {"", "POST /v1/mess", "POST /v1/messages HTTP/1.1\r\ncontent-length: 10\r\n\r\nx"})
    void aSilentConnectionIsClosed(String beginning) throws Exception {
        var brief = Duration.ofMillis(1);
        try (var impatient = start(new Limits(10, 100, brief, brief, Duration.ofHours(1), BatchLimits.ofThisJvm()));
                var socket = connect(impatient)) {
            socket.getOutputStream().write(beginning.getBytes(StandardCharsets.UTF_8));
            assertThat(endOf(socket.getInputStream())).isEqualTo(-1);
        }
    }

    @Slow("time limits in real time")
    @Test
    void aConnectionThatIsNotReadIsClosed() throws Exception {
        var limits = new Limits(
                10, 1 << 20, Duration.ofHours(1), Duration.ofSeconds(2), Duration.ofHours(1), BatchLimits.ofThisJvm());
        try (var impatient = start(limits);
                var socket = Client.rawPost(impatient, Client.body("sim:events=1000000 size=1000", true))) {
            assertThat(impatient.await(counts -> counts.abortedMessages() == 1, Client.LIMIT))
                    .isTrue();
            assertThat(socket.isClosed()).isFalse();
        }
    }

    @Test
    void aStallHasALimit() throws Exception {
        var limits = new Limits(
                10, 1 << 20, Duration.ofHours(1), Duration.ofHours(1), Duration.ofMillis(1), BatchLimits.ofThisJvm());
        try (var impatient = start(limits);
                var socket = Client.rawPost(impatient, Client.body("sim:events=2 stall_at=1", true))) {
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("i=0;")
                    .doesNotContain("i=1;");
        }
    }

    @Test
    void aConnectionBeyondTheLimitIsClosed() throws Exception {
        try (var small = start(new Limits(
                        2,
                        100,
                        Duration.ofHours(1),
                        Duration.ofHours(1),
                        Duration.ofHours(1),
                        BatchLimits.ofThisJvm()));
                var one = connect(small);
                var two = connect(small)) {
            one.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            assertThat(Client.readUntil(one.getInputStream(), "\r\n")).contains(" 400 ");
            two.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            assertThat(Client.readUntil(two.getInputStream(), "\r\n")).contains(" 400 ");
            try (var three = connect(small)) {
                assertThat(endOf(three.getInputStream())).isEqualTo(-1);
            }
            assertThat(small.connectionCount()).isEqualTo(2);
        }
    }

    private static int endOf(InputStream in) throws IOException {
        try {
            return in.read();
        } catch (SocketException e) {
            return -1;
        }
    }

    private Simulator start(Limits limits) throws IOException {
        return Simulator.start(this::thread, 0, limits, Clock.systemUTC());
    }

    @Test
    void closeEndsEverything() throws Exception {
        try (var idle = connect(simulator);
                var stalled = Client.rawPost(simulator, Client.body("sim:stall_at=0", true));
                var silent = Client.rawPost(simulator, Client.body("sim:no_headers=1", true));
                var endless = Client.rawPost(simulator, Client.body("sim:events=1000000 size=1000", true));
                var slow = Client.rawPost(simulator, Client.body("sim:events=1000000 delay_us=100", true))) {
            assertThat(simulator.await(counts -> counts.openMessages() == 4, Client.LIMIT))
                    .isTrue();
            simulator.close();

            for (var socket : List.of(idle, stalled, silent, endless, slow)) {
                Client.readAll(socket.getInputStream(), new boolean[1]);
            }
        }
        assertThat(threads).hasSizeGreaterThanOrEqualTo(5).noneMatch(Thread::isAlive);
        assertThat(simulator.connectionCount()).isZero();
        assertThat(simulator.counts().openMessages()).isZero();
        assertThatThrownBy(() -> connect(simulator).close()).isInstanceOf(ConnectException.class);
        simulator.close();
    }

    @Test
    void theSimulatorStartsOnAGivenPort() throws Exception {
        var port = simulator.baseUri().getPort();
        simulator.close();
        try (var again = Simulator.start(Thread::new, port)) {
            assertThat(again.baseUri()).hasToString("http://127.0.0.1:" + port);
            assertThat(Client.of(again).get("/v1/models").statusCode()).isEqualTo(200);
        }
    }
}
