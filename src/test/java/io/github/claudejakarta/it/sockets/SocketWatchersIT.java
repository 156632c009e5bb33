package io.github.claudejakarta.it.sockets;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.SocketReader;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many sockets on one stream, and one that reads nothing. */
@ExtendWith(ArquillianExtension.class)
class SocketWatchersIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static final int MANY = 500;
    private static final int LARGE_EVENTS = 500;
    /** Events of more bytes than a connection buffers. Only clients that request all events receive them. */
    private static final String LARGE = IntStream.range(0, LARGE_EVENTS)
            .mapToObj(i -> Wire.frame(
                    "future_event", "{\"type\":\"future_event\",\"payload\":\"" + "x".repeat(20_000) + "\"}"))
            .collect(Collectors.joining());

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings("claude.stream.write-timeout=PT10S");
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

    @Test
    void aSocketThatReadsNothingDelaysNoOtherAndMayResume() throws Exception {
        var streamBegun = new Barrier();
        var sent = new Barrier();
        upstream.answer(Wire.begun()
                .pause(streamBegun)
                .write(LARGE + Wire.text("lo"))
                .pause(sent)
                .write(Wire.STOP));
        String id = Api.startStream();
        String path = "/v1/streams/" + id + "/socket";
        streamBegun.awaitReached();
        var sockets = new ArrayList<SocketReader>();
        try (RawClient stalled = RawClient.connectNarrow().handshake(path + "?events=all")) {
            stalled.readUntil("content_block_start");
            for (int i = 0; i < MANY; i++) {
                sockets.add(SocketReader.open(path));
            }
            Api.await("all sockets", () -> Api.stream(id).getInt("subscribers") == MANY + 1);
            streamBegun.release();

            for (SocketReader socket : sockets) {
                assertThat(socket.next().getString("content")).isEqualTo("Hel");
                assertThat(socket.next().getString("content")).isEqualTo("lo");
            }
            // The stuck socket is closed. It has delayed none of the others.
            Api.await("the stuck socket is closed", () -> Api.stream(id).getInt("subscribers") == MANY);
            sent.release();
            for (SocketReader socket : sockets) {
                assertThat(socket.rest())
                        .singleElement()
                        .satisfies(end -> assertThat(end.getString("type")).isEqualTo("complete"));
                assertThat(socket.closeCode()).isEqualTo(1000);
            }
            assertThat(stalled.readToEnd()).doesNotContain("\"type\":\"complete\"");
        } finally {
            sockets.forEach(SocketReader::close);
        }
        try (SocketReader resumed = SocketReader.open(path + "?events=all&after=1")) {
            List<JsonObject> rest = resumed.rest();
            assertThat(rest).hasSize(LARGE_EVENTS + 2 + 3 + 1);
            assertThat(rest.get(0).getInt("sequence")).isEqualTo(2);
        }
        Api.await("all threads to be done", () -> Api.stream(id).getInt("subscribers") == 0);
    }

    @Test
    void aLargeEventReachesASocketThatReads() throws Exception {
        upstream.answer(Script.sseHead().write(Wire.START + Wire.text("x".repeat(8 << 20)) + Wire.STOP));

        try (SocketReader socket = SocketReader.open("/v1/streams/" + Api.startStream() + "/socket")) {
            assertThat(SocketReader.text(socket.rest())).hasSize(8 << 20);
        }
    }
}
