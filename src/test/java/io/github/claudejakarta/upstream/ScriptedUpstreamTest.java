package io.github.claudejakarta.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(30)
class ScriptedUpstreamTest {

    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final HttpClient http = HttpClient.newHttpClient();

    @AfterEach
    void closeUpstream() {
        upstream.close();
    }

    @Test
    void playsTheQueuedScriptsAndThenRejects() throws Exception {
        upstream.answer(Script.json(200, "1"), Script.error(529, "overloaded_error", "Overloaded", "retry-after: 2"));

        assertThat(post("/v1/messages", "a").body()).isEqualTo("1");
        var overloaded = post("/v1/messages", "b");
        assertThat(overloaded.statusCode()).isEqualTo(529);
        assertThat(overloaded.headers().firstValue("retry-after")).contains("2");
        assertThat(overloaded.headers().firstValue("request-id")).contains("req_scripted");
        assertThat(overloaded.body()).contains("\"type\":\"overloaded_error\"");
        var unexpected = post("/v1/messages", "c");
        assertThat(unexpected.statusCode()).isEqualTo(400);
        assertThat(unexpected.body()).contains("no script for POST /v1/messages");
    }

    @Test
    void prefersThePathOverOtherDispatchers() throws Exception {
        upstream.at("/v1/models", request -> Script.json(200, "\"" + request.target() + "\""));
        upstream.answer(Script.json(200, "\"in line\""));
        upstream.otherwise(request -> Script.json(200, "\"other\""));

        assertThat(post("/v1/models?limit=1", "").body()).isEqualTo("\"/v1/models?limit=1\"");
        assertThat(post("/v1/messages", "").body()).isEqualTo("\"in line\"");
        assertThat(post("/v1/messages", "").body()).isEqualTo("\"other\"");
    }

    @Test
    void recordsReceivedRequests() throws Exception {
        upstream.otherwise(request -> Script.json(200, "{}"));

        post("/v1/messages?beta=true", "{\"n\":1}");
        post(
                "/v1/messages",
                BodyPublishers.ofInputStream(() -> new ByteArrayInputStream("{\"chunked\":true}".getBytes(UTF_8))));

        var first = upstream.takeRequest();
        assertThat(first.method()).isEqualTo("POST");
        assertThat(first.target()).isEqualTo("/v1/messages?beta=true");
        assertThat(first.path()).isEqualTo("/v1/messages");
        assertThat(first.header("X-API-Key")).contains("sk-test");
        assertThat(first.json().getInt("n")).isEqualTo(1);
        var second = upstream.takeRequest();
        assertThat(second.header("transfer-encoding")).contains("chunked");
        assertThat(second.text()).isEqualTo("{\"chunked\":true}");
        assertThat(upstream.requests()).containsExactly(first, second);
    }

    @Test
    void keepsConnectionsOpen() throws Exception {
        upstream.otherwise(request -> Script.sse("event: ping\ndata: {}\n\n".getBytes(UTF_8)));

        post("/", "");
        post("/", "");

        assertThat(upstream.acceptedConnections()).isEqualTo(1);
        assertThat(upstream.openConnections()).isEqualTo(1);
        assertThat(upstream.requests()).extracting(ReceivedRequest::connection).containsExactly(1, 1);
    }

    @Test
    void writesABodyAsOneChunk() throws Exception {
        upstream.answer(Script.sse("äb".getBytes(UTF_8)));

        try (var client = new RawClient()) {
            assertThat(client.readUntil("\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 ")
                    .contains(
                            "\r\ncontent-type: text/event-stream; charset=utf-8\r\n",
                            "\r\ntransfer-encoding: chunked\r\n");
            assertThat(client.readUntil("\r\n0\r\n\r\n")).isEqualTo("3\r\näb\r\n0\r\n\r\n");
        }
    }

    @Test
    void writesABodyAsOneChunkAByte() throws Exception {
        upstream.answer(Script.sseByteByByte("ab".getBytes(UTF_8)));

        try (var client = new RawClient()) {
            client.readUntil("\r\n\r\n");
            assertThat(client.readUntil("\r\n0\r\n\r\n")).isEqualTo("1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
        }
    }

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.upstream.FixtureFile#names")
    void playsEveryFixtureInOnePieceAndByteByByte(String name) throws Exception {
        var fixture = FixtureFile.sse(name);
        upstream.answer(Script.sse(fixture), Script.sseByteByByte(fixture));

        assertThat(post("/", "").body()).isEqualTo(new String(fixture, UTF_8));
        assertThat(post("/", "").body()).isEqualTo(new String(fixture, UTF_8));
    }

    @Test
    void endsABodyWithTheConnection() throws Exception {
        upstream.answer(Script.untilClose(200).write("a").write("b"));

        var response = post("/", "");

        assertThat(response.body()).isEqualTo("ab");
        upstream.awaitOpenConnections(0);
    }

    @Test
    void stopsAtABarrierUntilReleased() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sseHead().write("a").pause(barrier).write("b"));

        try (var client = new RawClient()) {
            barrier.awaitReached();
            client.readUntil("\r\na\r\n");
            assertThat(client.available()).isZero();
            barrier.release();
            assertThat(client.readUntil("\r\n0\r\n\r\n")).isEqualTo("1\r\nb\r\n0\r\n\r\n");
        }
    }

    @Test
    void cutsAnAnswerOff() throws Exception {
        upstream.answer(Script.sseHead().write("a").raw("ff\r\nb").cut());

        try (var client = new RawClient()) {
            client.readUntil("\r\n\r\n");
            assertThat(client.readToEnd()).isEqualTo("1\r\na\r\nff\r\nb");
        }
    }

    @Test
    void cutsAnAnswerThatIsShorterThanAnnounced() throws Exception {
        upstream.answer(Script.sized(3, 200).write("ab"));

        assertThatThrownBy(() -> post("/", "")).isInstanceOf(IOException.class);
    }

    @Test
    void resetsAConnection() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sseHead().write("a").pause(barrier).reset());

        try (var client = new RawClient()) {
            client.readUntil("\r\na\r\n");
            barrier.release();
            assertThatThrownBy(client::readToEnd).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void reportsThatTheClientLeftDuringAStall() throws Exception {
        upstream.answer(Script.sseHead().stall());
        ReceivedRequest request;

        try (var client = new RawClient()) {
            client.readUntil("\r\n\r\n");
            request = upstream.takeRequest();
            assertThat(request.clientGone()).isNotDone();
        }

        assertThat(request.clientGone().get(10, TimeUnit.SECONDS)).isNotNull();
        upstream.awaitOpenConnections(0);
    }

    @Test
    void reportsThatTheClientLeftAtABarrier() throws Exception {
        upstream.answer(Script.sseHead().pause(new Barrier()));
        ReceivedRequest request;

        try (var client = new RawClient()) {
            request = upstream.takeRequest();
        }

        assertThat(request.clientGone().get(10, TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void distinguishesItsOwnCloseFromTheClients() throws Exception {
        upstream.answer(Script.sseHead().cut());

        try (var client = new RawClient()) {
            client.readToEnd();
            upstream.awaitOpenConnections(0);
            assertThat(upstream.takeRequest().clientGone()).isNotDone();
        }
    }

    @Test
    void sendsSlowlyUntilTheClientLeaves() throws Exception {
        upstream.answer(Script.sseHead().drip(": still here\n\n", Duration.ofMillis(1)));

        try (var client = new RawClient()) {
            client.readUntil("still here");
            client.readUntil("still here");
        }

        upstream.awaitOpenConnections(0);
    }

    @Test
    void closingEndsRunningScripts() throws Exception {
        upstream.answer(Script.sseHead().stall(), Script.sseHead().pause(new Barrier()));

        try (var stalled = new RawClient();
                var paused = new RawClient()) {
            stalled.readUntil("\r\n\r\n");
            paused.readUntil("\r\n\r\n");
            upstream.close();
            assertThat(stalled.readToEnd()).isEmpty();
            assertThat(paused.readToEnd()).isEmpty();
            upstream.awaitOpenConnections(0);
            assertThat(upstream.requests())
                    .noneMatch(request -> request.clientGone().isDone());
        }
    }

    @Test
    void clearsForTheNextTestButKeepsConnections() throws Exception {
        upstream.answer(Script.json(200, "{}"), Script.json(200, "left over"));
        post("/", "");

        upstream.forget();

        assertThat(upstream.requests()).isEmpty();
        assertThat(post("/", "").statusCode()).isEqualTo(400);
        assertThat(upstream.acceptedConnections()).isEqualTo(1);
    }

    private HttpResponse<String> post(String target, String body) throws Exception {
        return post(target, BodyPublishers.ofString(body));
    }

    private HttpResponse<String> post(String target, BodyPublisher body) throws Exception {
        var request = HttpRequest.newBuilder(upstream.url().resolve(target))
                .version(HttpClient.Version.HTTP_1_1)
                .header("x-api-key", "sk-test")
                .POST(body)
                .build();
        return http.send(request, BodyHandlers.ofString());
    }

    /** A client that sends one request, and returns the exact bytes of the answer. */
    private final class RawClient implements AutoCloseable {

        private final Socket socket = new Socket("127.0.0.1", upstream.url().getPort());
        private final InputStream in = socket.getInputStream();

        RawClient() throws IOException {
            socket.getOutputStream()
                    .write("POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}".getBytes(UTF_8));
        }

        /** Reads up to and including this text. */
        String readUntil(String end) throws IOException {
            var read = new ByteArrayOutputStream();
            while (!read.toString(UTF_8).endsWith(end)) {
                var b = in.read();
                assertThat(b).as("ended after <%s>", read).isNotEqualTo(-1);
                read.write(b);
            }
            return read.toString(UTF_8);
        }

        String readToEnd() throws IOException {
            return new String(in.readAllBytes(), UTF_8);
        }

        int available() throws IOException {
            return in.available();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
