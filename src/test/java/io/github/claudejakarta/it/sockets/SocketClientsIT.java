package io.github.claudejakarta.it.sockets;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.ClientKey;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.SocketReader;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.JsonObject;
import java.util.List;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** WebSockets of clients with keys and limits of their own. */
@ExtendWith(ArquillianExtension.class)
class SocketClientsIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static final String ASK = "/v1/messages/socket";
    private static final String ALICE = ServerLog.KEY_MARK + "socket-alice";
    private static final String BOB = ServerLog.KEY_MARK + "socket-bob";
    private static final String ROOT = ServerLog.KEY_MARK + "socket-root";
    private static final String SERVERS = ServerLog.KEY_MARK + "socket-servers";

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.api-key=" + SERVERS,
                FaultTolerance.NO_RETRIES,
                FaultTolerance.NO_BREAKER,
                "claude.clients.alice.key-sha256=" + ClientKey.sha256(ALICE),
                "claude.clients.bob.key-sha256=" + ClientKey.sha256(BOB),
                "claude.clients.bob.requests-per-minute=1",
                "claude.clients.bob.max-streams=1",
                "claude.clients.root.key-sha256=" + ClientKey.sha256(ROOT),
                "claude.clients.root.role=admin");
    }

    @BeforeAll
    static void startUpstream() {
        upstream = ScriptedUpstream.startForServer();
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
    void aKeyIsRequired() throws Exception {
        for (String path : List.of(ASK, "/v1/streams/stream_any/socket")) {
            for (String[] headers : List.of(
                    new String[0],
                    new String[] {"x-api-key", "wrong"},
                    new String[] {"x-api-key", SERVERS},
                    new String[] {"sec-websocket-protocol", "claude, x-api-key.wrong"})) {
                assertThat(SocketReader.refusal(path, headers).getResponse().statusCode())
                        .isEqualTo(401);
            }
        }
    }

    @Test
    void aKeyMayBeAHeader() throws Exception {
        upstream.answer(Wire.helloScript(), Wire.helloScript());

        for (String[] headers :
                List.of(new String[] {"x-api-key", ALICE}, new String[] {"Authorization", "Bearer " + ALICE})) {
            try (SocketReader socket = SocketReader.open(ASK, headers).send(Api.body(true))) {
                assertThat(SocketReader.text(socket.rest())).isEqualTo("Hello");
            }
            ReceivedRequest sent = upstream.takeRequest();
            assertThat(sent.header("x-api-key")).contains(SERVERS);
            assertThat(sent.text()).doesNotContain(ALICE);
        }
    }

    /** Web pages cannot set headers. */
    @Test
    void aKeyMayBeASubprotocol() throws Exception {
        upstream.answer(Wire.helloScript());

        try (SocketReader socket = SocketReader.open(ASK, "sec-websocket-protocol", "claude, x-api-key." + ALICE)
                .send(Api.body(true))) {
            assertThat(socket.protocol()).as("the key is not repeated").isEqualTo("claude");
            String id = socket.next().getString("id");
            assertThat(SocketReader.text(socket.rest())).isEqualTo("Hello");
            assertThat(Api.stream(id, "x-api-key", ALICE).getString("status")).isEqualTo("completed");
        }
    }

    @Test
    void theFirstKeyThatNamesAClientCounts() throws Exception {
        for (String[] headers : List.of(
                new String[] {"x-api-key: ", "Authorization: bearer  " + ALICE + "\t"},
                new String[] {"x-api-key: sk-somebody", "Authorization: Bearer " + ALICE},
                new String[] {"x-api-key: sk-somebody", "Sec-WebSocket-Protocol: claude, x-api-key." + ALICE},
                new String[] {"Sec-WebSocket-Protocol: claude, x-api-key.", "Authorization: Bearer " + ALICE},
                new String[] {"x-api-key: ", "x-api-key: " + ALICE, "Authorization: Bearer sk-somebody"})) {
            try (RawClient client = RawClient.connect().handshake(ASK, headers)) {
                assertThat(client.status()).as(String.join(", ", headers)).isEqualTo(101);
            }
        }
    }

    @Test
    void pagesOfOtherOriginsAreRejectedEvenWithAKey() throws Exception {
        try (RawClient client =
                RawClient.connect().handshake(ASK, "Origin: https://evil.example", "x-api-key: " + ALICE)) {
            assertThat(client.status()).isEqualTo(403);
        }
    }

    @Test
    void ownersAndAdminsCanWatchAStream() throws Exception {
        upstream.answer(Wire.helloScript());
        String id = Api.startStream("x-api-key", ALICE);
        String path = "/v1/streams/" + id + "/socket";

        try (SocketReader alice = SocketReader.open(path, "x-api-key", ALICE);
                SocketReader root = SocketReader.open(path, "x-api-key", ROOT);
                SocketReader bob = SocketReader.open(path, "x-api-key", BOB)) {
            assertThat(SocketReader.text(alice.rest())).isEqualTo("Hello");
            assertThat(SocketReader.text(root.rest())).isEqualTo("Hello");
            JsonObject error = bob.next();
            assertThat(error.getJsonObject("error").getString("type")).isEqualTo("not_found_error");
            assertThat(error.getJsonObject("error").getString("message"))
                    .isEqualTo(
                            "There is no stream " + id
                                    + " on this server. Check the id and the caller. Streams are deleted claude.stream.retention after their end");
        }
    }

    @Test
    void limitsApplyToSockets() throws Exception {
        upstream.answer(Wire.begun().stall());

        try (SocketReader first = SocketReader.open(ASK, "x-api-key", BOB).send(Api.body(true));
                SocketReader second = SocketReader.open(ASK, "x-api-key", BOB)) {
            first.next();
            second.send(Api.body(true));

            JsonObject error = second.rest().get(0);
            assertThat(error.getJsonObject("error").getString("type")).isEqualTo("rate_limit_error");
        }
        assertThat(upstream.requests()).hasSize(1);
    }
}
