package io.github.claudejakarta.it.sockets;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FrameClient;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import io.github.claudejakarta.upstream.TrustingTls;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sockets that send more than the server has memory for, or less than a request. Other clients are served during and
 * after it.
 */
@OwnServers
class SocketFloodIT {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final ScriptedUpstream UPSTREAM = ScriptedUpstream.start();
    private static final String ASK = "/v1/messages/socket";
    private static final int WAITING_OF_CALLER = 30;
    private static final int LARGE = 30 << 20;
    /** A request of slightly more than 30 MB. */
    private static final byte[] REQUEST = Api.body(true, "\"metadata\":{\"user_id\":\"" + "x".repeat(LARGE) + "\"}")
            .getBytes(UTF_8);

    /**
     * Bodies may use a quarter of the heap, and large ones three quarters of that: the memory suffices for three
     * requests of 30 MB, and not for four.
     */
    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-socket-flood")
            .heap("512m")
            .with("CLAUDE_BASE_URL", UPSTREAM.url().toString())
            .with("CLAUDE_API_KEY", ServerLog.KEY_MARK + "flood")
            .with("CLAUDE_REQUEST_BODY_TIMEOUT", "PT5S")
            .with("CLAUDE_STREAM_WRITE_TIMEOUT", "PT5S")
            .with("CLAUDE_STREAM_MAX_WATCHERS", Integer.toString(2 * WAITING_OF_CALLER));

    private final List<FrameClient> clients = Collections.synchronizedList(new ArrayList<>());

    @BeforeAll
    static void start() throws Exception {
        SERVER.start();
    }

    @AfterAll
    static void close() throws IOException {
        UPSTREAM.close();
        assertThat(SERVER.log()).doesNotContain("OutOfMemoryError");
    }

    @BeforeEach
    void answer() {
        UPSTREAM.forget();
        UPSTREAM.otherwise(
                request -> request.text().contains("\"stream\":true") ? Wire.helloScript() : Wire.messageScript());
    }

    @AfterEach
    void serves() throws Exception {
        for (FrameClient client : clients) {
            client.close();
        }
        Api.await("memory for a large request", () -> {
            try (FrameClient client = open()) {
                return client.frame(FrameClient.TEXT, true, REQUEST)
                        .next()
                        .json()
                        .getString("type")
                        .equals("stream");
            }
        });
        assertServes();
    }

    private static FrameClient open() throws IOException {
        return new FrameClient(new Socket("localhost", SERVER.port()), ASK);
    }

    private static void assertServes() throws Exception {
        assertThat(HTTP.send(request("/health/live").build(), BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
        HttpResponse<String> message = HTTP.send(
                request("/v1/messages")
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(Api.body(false)))
                        .build(),
                BodyHandlers.ofString());
        assertThat(message.statusCode()).as(message.body()).isEqualTo(200);
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(SERVER.uri().resolve(path)).timeout(Duration.ofSeconds(60));
    }

    /** Sends the messages of one client, and then reads. */
    private interface Exchange {
        String run(FrameClient client) throws Exception;
    }

    /** Runs many clients concurrently, while others are served. */
    private List<String> all(int count, Exchange exchange) throws Exception {
        var answers = new ConcurrentLinkedQueue<String>();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < count; i++) {
            var thread = new Thread(() -> {
                try {
                    FrameClient client = open();
                    clients.add(client);
                    answers.add(exchange.run(client));
                } catch (Exception e) {
                    answers.add(e.toString());
                }
            });
            thread.start();
            threads.add(thread);
        }
        while (threads.stream().anyMatch(Thread::isAlive)) {
            assertServes();
            TimeUnit.MILLISECONDS.sleep(100);
        }
        return List.copyOf(answers);
    }

    private static String firstFrame(FrameClient client) throws IOException {
        return new String(client.next().payload(), UTF_8);
    }

    @Test
    void theMemoryOfUnfinishedFramesIsLimited() throws Exception {
        List<String> answers = all(14, client -> {
            try {
                client.head(FrameClient.TEXT, true, REQUEST.length).write(REQUEST, 0, REQUEST.length - 1);
            } catch (IOException e) {
                // The server rejected the message and closed the connection.
            }
            return "sent";
        });
        assertThat(answers).containsOnly("sent").hasSize(14);

        var first = new ArrayList<String>();
        for (FrameClient client : clients) {
            try {
                client.write(REQUEST, REQUEST.length - 1, 1);
            } catch (IOException e) {
                // The message was rejected.
            }
            first.add(firstFrame(client));
        }
        assertThat(first)
                .allMatch(frame -> frame.contains("\"overloaded_error\"") || frame.contains("\"type\":\"stream\""));
        // The number is lower if rejected messages have not released their memory.
        assertThat(first)
                .filteredOn(frame -> frame.contains("\"type\":\"stream\""))
                .hasSizeLessThanOrEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({"whole frames, 31457280", "fragments, 65536"})
    void requestsBeyondTheMemoryAreRejectedAndOthersAnswered(String name, int size) throws Exception {
        List<String> answers = all(12, client -> {
            try {
                if (size == LARGE) {
                    client.frame(FrameClient.TEXT, true, REQUEST);
                } else {
                    for (int at = 0; at < REQUEST.length; at += size) {
                        int count = Math.min(size, REQUEST.length - at);
                        client.head(
                                        at == 0 ? FrameClient.TEXT : FrameClient.CONTINUATION,
                                        at + count == REQUEST.length,
                                        count)
                                .write(REQUEST, at, count);
                    }
                }
            } catch (IOException e) {
                // The server rejected the message and closed the connection.
            }
            return firstFrame(client);
        });

        assertThat(answers)
                .hasSize(12)
                .allMatch(answer -> answer.contains("\"overloaded_error\"") || answer.contains("\"type\":\"stream\""));
    }

    /** A busy server must not count its own time as the client's, and a slow client must keep sending. */
    @Test
    void requestsThatArriveTooSlowlyAreRejected() throws Exception {
        List<String> answers = all(20, client -> {
            var dripping = new Thread(() -> {
                try {
                    client.head(FrameClient.TEXT, true, REQUEST.length);
                    for (int at = 0; true; at++) {
                        client.write(REQUEST, at, 1);
                        TimeUnit.MILLISECONDS.sleep(100);
                    }
                } catch (IOException | InterruptedException e) {
                    // The server closed the connection.
                }
            });
            dripping.start();
            return client.restUntilClosed(1008);
        });

        assertThat(answers).hasSize(20).allMatch(answer -> answer.contains("\"timeout_error\""));
    }

    @Test
    void idleSocketsAreLimited() throws Exception {
        for (int i = 0; i < WAITING_OF_CALLER + 1; i++) {
            clients.add(open());
        }

        int refused = 0;
        for (FrameClient client : clients) {
            String answer = client.restUntilClosed(1008);
            if (answer.contains("\"rate_limit_error\"")) {
                refused++;
                assertThat(client.isEnded()).isTrue();
            } else {
                assertThat(answer).contains("\"timeout_error\"");
            }
        }
        // The server rejects any one of them, because its threads accept them in any order.
        assertThat(refused).isEqualTo(1);
    }

    /** Liberty decrypts more bytes than the application reads. */
    @ParameterizedTest
    @ValueSource(ints = {500, 20_000, 3_000_000})
    void requestsArriveOverTls(int length) throws Exception {
        String question = Api.body(true, "\"system\":\"" + "é漢😀x".repeat(length / 10) + "\"");
        byte[] bytes = question.getBytes(UTF_8);
        for (int cut : new int[] {1, bytes.length / 2, bytes.length - 1}) {
            try (FrameClient client = new FrameClient(
                    TrustingTls.context().getSocketFactory().createSocket("localhost", SERVER.httpsPort()), ASK)) {
                client.fragments(bytes, cut);
                assertThat(client.restUntilClosed(1000)).contains("\"type\":\"complete\"");
                assertThat(client.frame(FrameClient.CLOSE, true, new byte[0]).isEnded())
                        .isTrue();
            }
            assertThat(UPSTREAM.takeRequest().text()).isEqualTo(question);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aClientThatReadsNothingIsCutOff(boolean isTls) throws Exception {
        String large = Wire.frame(
                        "future_event", "{\"type\":\"future_event\",\"payload\":\"" + "x".repeat(20_000) + "\"}")
                .repeat(500);
        UPSTREAM.otherwise(request -> Script.sseHead().write(Wire.START + large).stall());
        Socket socket = isTls
                ? TrustingTls.context().getSocketFactory().createSocket("localhost", SERVER.httpsPort())
                : new Socket("localhost", SERVER.port());
        try (FrameClient client = new FrameClient(socket, ASK + "?events=all").text(Api.body(true))) {
            String id = client.next().json().getString("id");
            Api.await("the end of a stream without watchers", () -> stream(id).contains("\"canceled\""));
        }
        answer();
    }

    /** The state of the stream, which contains no events. */
    private static String stream(String id) throws Exception {
        return HTTP.send(request("/v1/streams/" + id).build(), BodyHandlers.ofString())
                .body();
    }
}
