package io.github.claudejakarta.it.sockets;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.FrameClient;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.SocketReader;
import io.github.claudejakarta.it.support.SseEvent;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams over WebSocket, as the JDK's client sees them. */
@ExtendWith(ArquillianExtension.class)
class SocketsIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static final String ASK = "/v1/messages/socket";

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.stream.heartbeat=PT1S",
                "claude.request.body-timeout=PT2S",
                "claude.log.format=json",
                FaultTolerance.NO_RETRIES,
                FaultTolerance.NO_BREAKER,
                "claude.cors.allowed-origins=https://app.example");
    }

    @BeforeAll
    static void startUpstream() throws Exception {
        upstream = ScriptedUpstream.startForServer();
        Api.warmUp(upstream);
    }

    @AfterAll
    static void closeUpstream() {
        upstream.close();
    }

    @BeforeEach
    void forget() {
        upstream.forget();
    }

    /** Waits until the server has closed the connection of the test's request. Others may be in its pool. */
    private static void awaitCanceledRequest() throws Exception {
        assertThat(upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS))
                .isNotNull();
    }

    // Requests.

    @Test
    void streamMayBeNull() throws Exception {
        upstream.answer(Wire.helloScript());
        String body = Api.body(false).replace("\"stream\":false", "\"stream\":null");

        try (SocketReader socket = SocketReader.open(ASK).send(body)) {
            assertThat(SocketReader.text(socket.rest())).isEqualTo("Hello");
        }
        assertThat(upstream.takeRequest().text()).isEqualTo(body.replace("null", "true"));
    }

    @Test
    void aRequestIsAnsweredInChunks() throws Exception {
        upstream.answer(Wire.helloScript());

        try (SocketReader socket = SocketReader.open(ASK).send(Api.body(false))) {
            List<JsonObject> frames = socket.rest();

            assertThat(frames.get(0).getString("type")).isEqualTo("stream");
            assertThat(frames.get(0).getString("id")).startsWith("stream_");
            assertThat(SocketReader.text(frames)).isEqualTo("Hello");
            assertThat(frames.get(frames.size() - 1))
                    .hasToString(
                            "{\"type\":\"complete\",\"usage\":{\"input_tokens\":3,\"output_tokens\":5},\"stop_reason\":\"end_turn\",\"sequence\":6}");
            assertThat(frames).extracting(frame -> frame.getString("type")).containsOnlyOnce("stream", "complete");
            assertThat(socket.closeCode()).isEqualTo(1000);
        }
        assertThat(upstream.takeRequest().json().getBoolean("stream")).isTrue();
    }

    @Test
    void chunksArriveAsClaudeSendsThem() throws Exception {
        var said = new Barrier();
        upstream.answer(Wire.begun().pause(said).write(Wire.text("lo") + Wire.STOP));

        try (SocketReader socket = SocketReader.open(ASK).send(Api.body(true))) {
            socket.next();
            assertThat(socket.next()).hasToString("{\"type\":\"chunk\",\"content\":\"Hel\",\"sequence\":2}");
            said.release();
            assertThat(socket.next()).hasToString("{\"type\":\"chunk\",\"content\":\"lo\",\"sequence\":3}");
        }
    }

    static Stream<String> fixtures() {
        return FixtureFile.names();
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void everyEventArrivesVerbatim(String fixture) throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse(fixture)));
        try (SocketReader socket = SocketReader.open(ASK + "?events=all").send(Api.body(true))) {
            List<JsonObject> frames = socket.rest();
            if (fixture.startsWith("07b")) {
                assertThat(frames)
                        .singleElement()
                        .extracting(frame -> frame.getString("type"))
                        .isEqualTo("error");
                return;
            }
            List<SseEvent> events = Api.events(frames.get(0).getString("id"));

            List<JsonObject> eventFrames = frames.stream()
                    .filter(frame -> frame.getString("type").equals("event"))
                    .toList();
            assertThat(eventFrames).hasSameSizeAs(events);
            for (int i = 0; i < eventFrames.size(); i++) {
                assertThat(eventFrames.get(i).getInt("sequence")).isEqualTo(i);
                assertThat(eventFrames.get(i).getString("event"))
                        .isEqualTo(events.get(i).name());
                assertThat(eventFrames.get(i).getJsonObject("data"))
                        .isEqualTo(Api.json(events.get(i).data()));
            }
            assertThat(frames.get(frames.size() - 1).getString("type"))
                    .isEqualTo(events.get(events.size() - 1).name().equals("error") ? "error" : "complete");
        }
    }

    @Test
    void anErrorOfClaudeIsAnErrorFrame() throws Exception {
        upstream.answer(Script.error(529, "overloaded_error", "Overloaded"));

        try (SocketReader socket = SocketReader.open(ASK).send(Api.body(true))) {
            JsonObject error = socket.rest().get(0);
            assertThat(error.getString("type")).isEqualTo("error");
            assertThat(error.getJsonObject("error").getString("type")).isEqualTo("overloaded_error");
            assertThat(socket.closeCode()).isEqualTo(1013);
        }
    }

    @Test
    void anInterruptedAnswerIsAnErrorFrame() throws Exception {
        upstream.answer(Wire.begun().cut());

        try (SocketReader socket = SocketReader.open(ASK).send(Api.body(true))) {
            List<JsonObject> frames = socket.rest();
            assertThat(frames)
                    .filteredOn(frame -> List.of("complete", "error").contains(frame.getString("type")))
                    .singleElement()
                    .satisfies(frame -> assertThat(frame.getJsonObject("error").getString("type"))
                            .isEqualTo("api_error"));
            assertThat(socket.closeCode()).isEqualTo(1011);
        }
    }

    @Test
    void anInterruptedAnswerIsContinuedOnRequest() throws Exception {
        upstream.answer(Wire.begun().cut(), Script.sseHead().write(Wire.START + Wire.text("lo") + Wire.STOP));

        try (SocketReader socket =
                SocketReader.open(ASK + "?stream-recovery=continue").send(Api.body(true))) {
            assertThat(SocketReader.text(socket.rest())).isEqualTo("Hello");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[]", "{\"model\":\"m\"}", "", "x"})
    void invalidRequestsAreRejected(String body) throws Exception {
        try (SocketReader socket = SocketReader.open(ASK).send(body)) {
            JsonObject error = socket.rest().get(0);
            assertThat(error.getJsonObject("error").getString("type")).isEqualTo("invalid_request_error");
            assertThat(error.getString("request_id")).startsWith("req_");
            assertThat(socket.closeCode()).isEqualTo(1008);
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {ASK + "?events=some", ASK + "?stream-recovery=perhaps"})
    void invalidParametersAreRejected(String path) throws Exception {
        try (SocketReader socket = SocketReader.open(path).send(Api.body(true))) {
            assertThat(socket.rest().get(0).getJsonObject("error").getString("type"))
                    .isEqualTo("invalid_request_error");
        }
    }

    /** In one frame and in many, whose ends split characters. */
    @Test
    void aLongRequestArrivesUnchanged() throws Exception {
        upstream.answer(Wire.helloScript(), Wire.helloScript());
        String body = Api.body(true, "\"system\":\"" + "x😀é漢".repeat(20_000) + "\"");

        try (SocketReader socket = SocketReader.open(ASK).send(body)) {
            assertThat(SocketReader.text(socket.rest())).isEqualTo("Hello");
        }
        try (SocketReader socket = SocketReader.open(ASK)) {
            for (int at = 0; at < body.length(); at += 9_999) {
                int to = Math.min(body.length(), at + 9_999);
                int end = to < body.length() && Character.isHighSurrogate(body.charAt(to - 1)) ? to - 1 : to;
                socket.socket()
                        .sendText(body.substring(at, end), end == body.length())
                        .get();
                at -= to - end;
            }
            assertThat(SocketReader.text(socket.rest())).isEqualTo("Hello");
        }

        assertThat(upstream.takeRequest().text()).isEqualTo(body);
        assertThat(upstream.takeRequest().text()).isEqualTo(body);
    }

    /** Chrome splits a message every 128 KB, also within a character. */
    @ParameterizedTest
    @ValueSource(strings = {"é", "漢", "😀"})
    void framesMaySplitCharacters(String character) throws Exception {
        String body = Api.body(true, "\"system\":\"" + character.repeat(3) + "\"");
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        int at = body.indexOf(character);
        for (int cut = at + 1; cut < at + character.getBytes(StandardCharsets.UTF_8).length; cut++) {
            upstream.answer(Wire.helloScript());
            try (FrameClient client = FrameClient.connect(ASK).fragments(bytes, cut)) {
                assertThat(client.restUntilClosed(1000)).contains("\"type\":\"complete\"");
            }
            assertThat(upstream.takeRequest().text()).isEqualTo(body);
        }
        upstream.answer(Wire.helloScript());
        try (FrameClient client = FrameClient.connect(ASK)
                .fragments(bytes, IntStream.range(1, bytes.length).toArray())) {
            assertThat(client.restUntilClosed(1000)).contains("\"type\":\"complete\"");
        }
        assertThat(upstream.takeRequest().text()).as("frames of one byte").isEqualTo(body);
    }

    /** Frames end at every place within each character, with a ping between the frames. */
    @Test
    void pingsMayArriveWithinACharacter() throws Exception {
        String body = Api.body(true, "\"system\":\"é漢😀\"");
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        upstream.answer(Wire.helloScript());
        try (FrameClient client = FrameClient.connect(ASK)) {
            for (int at = 0; at < bytes.length; at++) {
                client.frame(at == 0 ? FrameClient.TEXT : FrameClient.CONTINUATION, at == bytes.length - 1, new byte[] {
                    bytes[at]
                });
                if (at < bytes.length - 1) {
                    client.frame(FrameClient.PING, true, new byte[] {(byte) at});
                }
            }
            for (int at = 0; at < bytes.length - 1; at++) {
                assertThat(client.next().opcode()).isEqualTo(FrameClient.PONG);
            }
            assertThat(client.restUntilClosed(1000)).contains("\"type\":\"complete\"");
        }
        assertThat(upstream.takeRequest().text()).isEqualTo(body);
    }

    /** Also in frames that split the invalid bytes, and after a valid character. */
    @ParameterizedTest
    @ValueSource(strings = {"C328", "E28228", "F09F98", "F0288CBC", "EDA0BD", "C080", "F4908080", "80", "FF"})
    void invalidUtf8IsRejectedWhereverItIsSplit(String hex) throws Exception {
        byte[] wrong = HexFormat.of().parseHex("22E6BCA2" + hex + "22");
        for (int cut = 1; cut < wrong.length; cut++) {
            try (FrameClient client = FrameClient.connect(ASK).fragments(wrong, cut)) {
                assertThat(client.next().json().getJsonObject("error").getString("type"))
                        .isEqualTo("invalid_request_error");
                assertThat(client.next().closeCode()).as("cut at %d", cut).isEqualTo(1007);
            }
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void aByteOrderMarkBeforeARequestIsIgnored() throws Exception {
        upstream.answer(Wire.helloScript(), Wire.helloScript());
        for (String body : List.of(Api.body(true), Api.body(false))) {
            try (SocketReader socket = SocketReader.open(ASK).send("\uFEFF" + body)) {
                assertThat(SocketReader.text(socket.rest())).isEqualTo("Hello");
            }
            assertThat(upstream.takeRequest().text()).isEqualTo(Api.body(true));
        }
        try (SocketReader socket = SocketReader.open(ASK).send("\uFEFF\uFEFF" + Api.body(true))) {
            assertThat(socket.rest().get(0).getJsonObject("error").getString("message"))
                    .contains("second byte order mark");
        }
    }

    /**
     * A character whose surrogates are in two events arrives with the second event. A lone surrogate is an escape
     * sequence.
     */
    @Test
    void surrogatesAreNotReplaced() throws Exception {
        var barrier = new Barrier();
        String question = Api.body(true, "\"system\":\"\\ud83d\",\"n\":1E400");
        upstream.answer(Script.sseHead()
                .write(Wire.START + Wire.text("A \\ud83d"))
                .pause(barrier)
                .write(Wire.text("\\ude00! \\ud83d") + Wire.STOP));
        try (SocketReader socket = SocketReader.open(ASK).send(question)) {
            String id = socket.next().getString("id");
            assertThat(socket.next().getString("content")).isEqualTo("A ");
            barrier.release();
            assertThat(SocketReader.text(socket.rest())).isEqualTo("\ud83d\ude00! \ud83d");

            try (SocketReader later = SocketReader.open("/v1/streams/" + id + "/socket?after=2")) {
                assertThat(SocketReader.text(later.rest())).isEqualTo("\ud83d\ude00! \ud83d");
            }
        }
        assertThat(upstream.takeRequest().text()).isEqualTo(question);
    }

    @Test
    void aRequestThatIsTooLongIsRejectedBeforeItArrives() throws Exception {
        for (int begun : new int[] {0, 100_000}) {
            try (FrameClient client = FrameClient.connect(ASK)) {
                if (begun > 0) {
                    client.frame(FrameClient.TEXT, false, "x".repeat(begun).getBytes(StandardCharsets.UTF_8));
                }
                client.head(begun > 0 ? FrameClient.CONTINUATION : FrameClient.TEXT, true, (32 << 20) + 1 - begun);
                JsonObject error = client.next().json();
                assertThat(error.getJsonObject("error").getString("type")).isEqualTo("request_too_large");
                assertThat(client.next().closeCode()).isEqualTo(1009);
                assertThat(client.isEnded()).isTrue();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1002, 8105",
        "1002, C180",
        "1002, 8380",
        "1002, 808000000000",
        "1007, 818200000000C341",
        "1007, 818100000000C3"
    })
    void invalidFramesAreRejected(int code, String hex) throws Exception {
        try (FrameClient client = FrameClient.connect(ASK).write(HexFormat.of().parseHex(hex))) {
            assertThat(client.next().json().getJsonObject("error").getString("type"))
                    .isEqualTo("invalid_request_error");
            assertThat(client.next().closeCode()).isEqualTo(code);
            assertThat(client.isEnded()).isTrue();
        }
        upstream.answer(Wire.begun().stall());
        try (FrameClient client = FrameClient.connect(ASK).text(Api.body(true))) {
            client.next();
            client.next();
            client.write(HexFormat.of().parseHex(hex));
            assertThat(client.next().json().getJsonObject("error").getString("type"))
                    .isEqualTo("invalid_request_error");
            assertThat(client.next().closeCode()).isEqualTo(code);
        }
        awaitCanceledRequest();
    }

    @Test
    void pingsAreAnswered() throws Exception {
        try (FrameClient client = FrameClient.connect(ASK).frame(FrameClient.PING, true, new byte[] {1, 2, 3})) {
            FrameClient.Frame pong = client.next();
            assertThat(pong.opcode()).isEqualTo(FrameClient.PONG);
            assertThat(pong.payload()).containsExactly(1, 2, 3);
        }
    }

    /** Also if the client closes before it has sent a request. */
    @Test
    void aCloseIsAnswered() throws Exception {
        upstream.answer(Wire.begun().stall());
        try (FrameClient active = FrameClient.connect(ASK).text(Api.body(true));
                FrameClient silent = FrameClient.connect(ASK)) {
            active.next();
            active.next();
            for (FrameClient client : List.of(active, silent)) {
                client.frame(FrameClient.CLOSE, true, new byte[] {3, (byte) 0xE8});
                assertThat(client.next().closeCode()).isEqualTo(1000);
                assertThat(client.isEnded()).isTrue();
            }
        }
        awaitCanceledRequest();
    }

    @Test
    void anInvalidHandshakeIsRejected() throws Exception {
        try (RawClient client = RawClient.connect()
                .request(
                        "GET",
                        ASK,
                        "",
                        "Upgrade: websocket",
                        "Connection: keep-alive, Upgrade",
                        "Sec-WebSocket-Version: 8",
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")) {
            assertThat(client.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 426 ").contains("Sec-WebSocket-Version: 13");
        }
        for (String key : List.of("", "x", "dGhlIHNhbXBsZQ==")) {
            try (RawClient client = RawClient.connect()
                    .request(
                            "GET",
                            ASK,
                            "",
                            "Upgrade: websocket",
                            "Connection: Upgrade",
                            "Sec-WebSocket-Version: 13",
                            "Sec-WebSocket-Key: " + key)) {
                assertThat(client.readUntil("}")).startsWith("HTTP/1.1 400 ").contains("invalid_request_error");
            }
        }
        try (RawClient client = RawClient.connect().handshake(ASK)) {
            assertThat(client.readUntil("\r\n\r\n"))
                    .startsWith("HTTP/1.1 101 ")
                    .contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
                    .doesNotContain("Sec-WebSocket-Protocol");
        }
    }

    @Test
    void binaryMessagesAreRejected() throws Exception {
        try (SocketReader socket = SocketReader.open(ASK)) {
            socket.socket().sendBinary(ByteBuffer.wrap(new byte[1 << 20]), true).get();
            assertThat(socket.rest())
                    .singleElement()
                    .satisfies(error -> assertThat(error.getJsonObject("error").getString("message"))
                            .isEqualTo("The message is binary. Send a text message."));
            assertThat(socket.closeCode()).isEqualTo(1008);
        }
    }

    @Test
    void aSocketWithoutARequestIsClosed() throws Exception {
        try (SocketReader socket = SocketReader.open(ASK)) {
            JsonObject error = socket.rest().get(0);
            assertThat(error.getJsonObject("error").getString("type")).isEqualTo("timeout_error");
            assertThat(socket.closeCode()).isEqualTo(1008);
        }
    }

    @Test
    void aRequestCanBeCanceled() throws Exception {
        upstream.answer(Wire.begun().stall());

        try (SocketReader socket = SocketReader.open(ASK).send(Api.body(true))) {
            String id = socket.next().getString("id");
            socket.next();
            socket.send("{\"type\":\"cancel\"}");

            List<JsonObject> rest = socket.rest();
            assertThat(rest)
                    .singleElement()
                    .satisfies(frame -> assertThat(frame.getString("type")).isEqualTo("error"));
            assertThat(Api.stream(id).getString("status")).isEqualTo("canceled");
        }
        awaitCanceledRequest();
    }

    @Test
    void aRequestCanBeCanceledBeforeClaudeHasAnswered() throws Exception {
        var requestReceived = new Barrier();
        upstream.answer(Script.nothing().pause(requestReceived).stall());

        try (SocketReader socket = SocketReader.open(ASK).send(Api.body(true))) {
            requestReceived.awaitReached();
            socket.send("{\"type\":\"cancel\"}");
            requestReceived.release();

            assertThat(socket.rest())
                    .singleElement()
                    .satisfies(frame -> assertThat(frame.getString("type")).isEqualTo("error"));
        }
        awaitCanceledRequest();
    }

    @Test
    void aDepartureCancelsTheRequest() throws Exception {
        upstream.answer(Wire.begun().stall());

        SocketReader socket = SocketReader.open(ASK).send(Api.body(true));
        String id = socket.next().getString("id");
        socket.next();
        socket.close();

        assertThat(Api.endedStream(id).getString("status")).isEqualTo("canceled");
        awaitCanceledRequest();
    }

    @Test
    void aDepartureBeforeClaudeHasAnsweredCancelsTheRequest() throws Exception {
        var requestReceived = new Barrier();
        upstream.answer(Script.nothing().pause(requestReceived).stall());
        SocketReader socket = SocketReader.open(ASK).send(Api.body(true));
        requestReceived.awaitReached();

        socket.close();
        requestReceived.release();

        awaitCanceledRequest();
    }

    @Test
    void anotherWatcherKeepsTheStream() throws Exception {
        var mayContinue = new Barrier();
        upstream.answer(Wire.begun().pause(mayContinue).write(Wire.text("lo") + Wire.STOP));
        SocketReader socket = SocketReader.open(ASK).send(Api.body(true));
        String id = socket.next().getString("id");
        try (SocketReader other = SocketReader.open("/v1/streams/" + id + "/socket")) {
            other.next();
            socket.close();
            mayContinue.release();

            assertThat(SocketReader.text(other.rest())).isEqualTo("lo");
        }
        assertThat(Api.stream(id).getString("status")).isEqualTo("completed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"type\":\"pause\"}", "cancel", "{\"cancel\":true}", "[]"})
    void anInvalidMessageIsReportedAndEndsTheSocket(String frame) throws Exception {
        upstream.answer(Wire.begun().stall());

        try (SocketReader socket = SocketReader.open(ASK).send(Api.body(true))) {
            socket.next();
            socket.next();
            socket.send(frame);

            assertThat(socket.rest())
                    .singleElement()
                    .satisfies(error -> assertThat(error.getJsonObject("error").getString("message"))
                            .isEqualTo("type: Input should be 'cancel'"));
            assertThat(socket.closeCode()).isEqualTo(1008);
        }
    }

    @Test
    void anInvalidMessageBeforeClaudeHasAnsweredIsReported() throws Exception {
        var requestReceived = new Barrier();
        upstream.answer(Script.nothing().pause(requestReceived).stall());

        try (SocketReader socket = SocketReader.open(ASK).send(Api.body(true))) {
            requestReceived.awaitReached();
            socket.send("{\"type\":\"pause\"}");
            requestReceived.release();

            assertThat(socket.rest())
                    .singleElement()
                    .satisfies(error -> assertThat(error.getJsonObject("error").getString("message"))
                            .isEqualTo("type: Input should be 'cancel'"));
        }
        awaitCanceledRequest();
    }

    /** The connection ends without waiting for the client's close frame. */
    @Test
    void aClientWithoutACloseFrameIsDisconnected() throws Exception {
        upstream.answer(Wire.helloScript());
        String id = Api.startStream();
        Api.endedStream(id);

        try (RawClient client = RawClient.connect().handshake("/v1/streams/" + id + "/socket")) {
            assertThat(client.readToEnd()).contains("\"type\":\"complete\"");
        }
    }

    // Watching a stream.

    @Test
    void aStreamIsReplayedAndResumed() throws Exception {
        upstream.answer(Wire.helloScript());
        String id = Api.startStream();
        Api.endedStream(id);

        assertThat(SocketReader.text(frames(id, ""))).isEqualTo("Hello");
        assertThat(SocketReader.text(frames(id, "?after=2"))).isEqualTo("lo");
        assertThat(frames(id, "?after=3"))
                .extracting(frame -> frame.getString("type"))
                .containsExactly("complete");
        assertThat(frames(id, "?after=6"))
                .as("the end again")
                .extracting(frame -> frame.getString("type"))
                .containsExactly("complete");
        assertThat(frames(id, "?events=all&after=4"))
                .extracting(frame -> frame.getString("type"))
                .containsExactly("event", "event", "complete");
    }

    private static List<JsonObject> frames(String id, String query) throws Exception {
        try (SocketReader socket = SocketReader.open("/v1/streams/" + id + "/socket" + query)) {
            return socket.rest();
        }
    }

    @Test
    void anUnknownStreamIsReported() throws Exception {
        assertThat(frames("stream_none", ""))
                .singleElement()
                .satisfies(error -> assertThat(error.getJsonObject("error").getString("type"))
                        .isEqualTo("not_found_error"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"?after=x", "?after=-1", "?after=7", "?events=none"})
    void anInvalidPositionIsReported(String query) throws Exception {
        upstream.answer(Wire.helloScript());
        String id = Api.startStream();
        Api.endedStream(id);

        assertThat(frames(id, query))
                .singleElement()
                .satisfies(error -> assertThat(error.getJsonObject("error").getString("type"))
                        .isEqualTo("invalid_request_error"));
    }

    @Test
    void aWatcherMayCancelTheStream() throws Exception {
        upstream.answer(Wire.begun().stall());
        String id = Api.startStream();

        try (SocketReader socket = SocketReader.open("/v1/streams/" + id + "/socket");
                SocketReader other = SocketReader.open("/v1/streams/" + id + "/socket")) {
            socket.next();
            socket.send("{\"type\":\"cancel\"}");

            assertThat(socket.rest())
                    .extracting(frame -> frame.getString("type"))
                    .containsExactly("error");
            assertThat(other.rest())
                    .extracting(frame -> frame.getString("type"))
                    .containsExactly("chunk", "error");
        }
        assertThat(Api.stream(id).getString("status")).isEqualTo("canceled");
    }

    @Test
    void theDepartureOfAWatcherDoesNotEndTheStream() throws Exception {
        var mayContinue = new Barrier();
        upstream.answer(Wire.begun().pause(mayContinue).write(Wire.text("lo") + Wire.STOP));
        String id = Api.startStream();
        SocketReader socket = SocketReader.open("/v1/streams/" + id + "/socket");
        socket.next();
        socket.close();
        Api.await("the departure of the client", () -> Api.stream(id).getInt("subscribers") == 0);

        mayContinue.release();

        assertThat(Api.endedStream(id).getString("status")).isEqualTo("completed");
    }

    @Test
    void aSilentStreamSendsKeepAlives() throws Exception {
        upstream.answer(Wire.begun().stall());

        try (SocketReader socket = SocketReader.open("/v1/streams/" + Api.startStream() + "/socket")) {
            socket.next();
            Api.await("two pings", () -> socket.pings() >= 2);
        }
    }

    // Origins.

    /** The JDK's client cannot set an Origin. */
    @ParameterizedTest
    @ValueSource(
            strings = {"https://evil.example", "null", "http://localhost:3000", "https://app.example.evil.example"})
    void aPageOfAnotherOriginIsRejected(String origin) throws Exception {
        for (String path : List.of(ASK, "/v1/streams/stream_any/socket")) {
            try (RawClient client = RawClient.connect().handshake(path, "Origin: " + origin)) {
                assertThat(client.readUntil("\r\n\r\n"))
                        .startsWith("HTTP/1.1 403")
                        .contains("Content-Type: application/json")
                        .contains("request-id: req_");
                assertThat(client.readUntil("}")).contains("permission_error").contains("may not use this server");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://app.example", "http://localhost"})
    void ownAndAllowedOriginsAreAccepted(String origin) throws Exception {
        String own = origin.equals("http://localhost") ? Api.SERVER.toString() : origin;
        try (RawClient client = RawClient.connect().handshake(ASK, "Origin: " + own)) {
            assertThat(client.readUntil("\r\n\r\n"))
                    .startsWith("HTTP/1.1 101")
                    .doesNotContainIgnoringCase("set-cookie");
        }
    }

    @Test
    void aRequestWithoutUpgradeGets426() throws Exception {
        for (String path : List.of(ASK, "/v1/streams/stream_any/socket")) {
            var response = Api.get(path);
            var error = Api.assertError(response, 426, "invalid_request_error");
            assertThat(error.getString("message")).contains("WebSocket");
            assertThat(response.headers().firstValue("upgrade")).contains("websocket");
        }
    }

    private static List<String> linesOfAnswers() throws Exception {
        return LOG.text()
                .lines()
                .filter(line -> line.contains("\"path\":\"" + ASK + "\"") && line.contains("output_tokens"))
                .toList();
    }

    @Test
    void theLogHasALineForEachSocket() throws Exception {
        int before = linesOfAnswers().size();
        upstream.answer(Wire.helloScript());
        try (SocketReader socket = SocketReader.open(ASK + "?events=all").send(Api.body(true))) {
            socket.rest();
        }

        Api.await("the line", () -> linesOfAnswers().size() > before);
        String line = linesOfAnswers().get(before);
        JsonObject fields = Api.json(line.substring(line.indexOf('{')));
        assertThat(fields.getInt("status")).isEqualTo(101);
        assertThat(fields.getInt("output_tokens")).isEqualTo(5);
        assertThat(fields.getString("caller")).isEqualTo("local");
    }
}
