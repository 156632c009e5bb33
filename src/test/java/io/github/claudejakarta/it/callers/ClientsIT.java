package io.github.claudejakarta.it.callers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.ClientKey;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients with keys of their own: each request needs a key, a client sees only its own data, and no client key reaches
 * Claude.
 */
@ExtendWith(ArquillianExtension.class)
class ClientsIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(clients());
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

    private static final String ALICE = ServerLog.KEY_MARK + "client-alice";
    private static final String BOB = ServerLog.KEY_MARK + "client-bob";
    private static final String BOB_TOO = ServerLog.KEY_MARK + "client-bob-2";
    private static final String ROOT = ServerLog.KEY_MARK + "client-root";
    private static final String SERVERS = ServerLog.KEY_MARK + "servers-own";

    private static String[] clients() {
        return new String[] {
            "claude.api-key=" + SERVERS,
            "claude.clients.alice.key-sha256=" + ClientKey.sha256(ALICE),
            "claude.clients.bob.key-sha256=" + ClientKey.sha256(BOB) + "," + ClientKey.sha256(BOB_TOO),
            "claude.clients.root.key-sha256=" + ClientKey.sha256(ROOT),
            "claude.clients.root.role=admin"
        };
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /v1/messages",
        "POST, /v1/messages/count_tokens",
        "GET, /v1/models",
        "GET, /v1/streams",
        "POST, /v1/streams",
        "GET, /v1/streams/x",
        "DELETE, /v1/streams/x",
        "GET, /v1/nothing",
        "OPTIONS, /v1/messages"
    })
    void aKeyIsRequired(String method, String path) throws Exception {
        for (var headers : List.of(
                new String[0],
                new String[] {"x-api-key", "wrong"},
                new String[] {"Authorization", "Bearer wrong"},
                new String[] {"Authorization", "Basic " + ALICE},
                new String[] {"x-api-key", SERVERS},
                new String[] {"x-api-key", ClientKey.sha256(ALICE)},
                new String[] {"x-api-key", ""})) {
            var response = Api.send(Api.request(path, headers)
                    .header("content-type", "application/json")
                    .method(method, BodyPublishers.ofString(Api.body(true))));

            Api.assertError(response, 401, "authentication_error");
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void healthAndDescriptionNeedNoKey() throws Exception {
        assertThat(Api.get("/health/ready").statusCode()).isEqualTo(200);
        assertThat(Api.get("/health/live").statusCode()).isEqualTo(200);
        assertThat(Api.get("/openapi").statusCode()).isEqualTo(200);
        assertThat(Api.get("/openapi/ui/").statusCode()).isEqualTo(200);
        assertThat(Api.get("/health/ready").body() + Api.get("/openapi").body()).doesNotContain(ServerLog.KEY_MARK);
    }

    @Test
    void sendsTheServersKeyAndNeverTheClients() throws Exception {
        upstream.otherwise(
                request -> request.text().contains("\"stream\":true") ? Wire.helloScript() : Wire.messageScript());

        var responses = List.of(
                Api.message("x-api-key", ALICE),
                Api.message("Authorization", "Bearer " + ALICE),
                Api.post("/v1/messages", Api.body(false), "x-api-key", ALICE, "Authorization", "Bearer " + ALICE),
                Api.post("/v1/messages/count_tokens", Api.body(false), "x-api-key", BOB_TOO),
                Api.get("/v1/models", "x-api-key", ALICE));

        assertThat(responses)
                .allMatch(response -> response.statusCode() == 200)
                .noneMatch(response -> (response.headers().map() + response.body()).contains(ServerLog.KEY_MARK));
        assertThat(upstream.requests())
                .hasSize(5)
                .allMatch(request -> request.headerValues("x-api-key").equals(List.of(SERVERS)))
                .noneMatch(request -> request.header("authorization").isPresent())
                .noneMatch(request -> (request.headers() + request.text()).contains("client-"));
    }

    /** Claude Code sends both headers. White space around a value does not belong to it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "x-api-key:|Authorization: Bearer %s",
                "x-api-key: \t |Authorization: bearer   %s \t",
                "x-api-key: sk-somebody|Authorization: Bearer %s",
                "x-api-key: %s|Authorization: Bearer sk-somebody",
                "x-api-key: %s|Authorization: Bearer ",
                "x-api-key:\t%s\t ",
                "Authorization:\tBEARER\t%s\t",
                "x-api-key: |x-api-key: %s",
                "x-api-key: sk-somebody, %s",
                "Authorization: Basic YTpi|Authorization: Bearer %s",
                "Authorization: Basic YTpi, Bearer %s"
            })
    void theFirstKeyThatNamesAClientCounts(String headers) throws Exception {
        upstream.answer(Wire.messageScript());
        try (var client = RawClient.connect()
                .request(
                        "POST",
                        "/v1/messages",
                        Api.body(false),
                        headers.formatted(ALICE).split("[|]"))) {
            assertThat(client.status()).isEqualTo(200);
            client.readUntil("end_turn");
        }
        var sent = upstream.takeRequest();
        assertThat(sent.headerValues("x-api-key")).containsExactly(SERVERS);
        assertThat(sent.header("authorization")).isEmpty();
    }

    @Test
    void xApiKeyTakesPrecedence() throws Exception {
        upstream.otherwise(request -> Wire.helloScript());
        var alices = Api.startStream("x-api-key", ALICE, "Authorization", "Bearer " + BOB);

        assertThat(ids(ALICE)).contains(alices);
        assertThat(ids(BOB)).doesNotContain(alices);
        upstream.takeRequest();
    }

    @Test
    void blankKeysAreIgnored() throws Exception {
        for (var headers : List.of(
                List.of("x-api-key: ", "Authorization: Bearer "),
                List.of("Authorization: Bearer"),
                List.of("x-api-key:\t", "Authorization: Basic YTpi"))) {
            try (var client = RawClient.connect().request("GET", "/v1/streams", "", headers.toArray(String[]::new))) {
                assertThat(client.status()).isEqualTo(401);
                assertThat(client.readUntil("request_id"))
                        .contains("authentication_error", "x-api-key header is required");
            }
        }
    }

    @Test
    void eachClientSeesOnlyItsOwnStreams() throws Exception {
        upstream.otherwise(request -> Wire.helloScript());
        var alices = Api.startStream("x-api-key", ALICE);
        var bobs = Api.streamId(Api.message("Authorization", "Bearer " + BOB));

        assertHidden(alices, BOB);
        assertHidden(bobs, ALICE);
        assertThat(Api.stream(bobs, "x-api-key", BOB_TOO).getString("id")).isEqualTo(bobs);
        assertThat(ids(ALICE)).contains(alices).doesNotContain(bobs);
        assertThat(ids(BOB)).contains(bobs).doesNotContain(alices);
        assertThat(ids(ROOT)).contains(alices, bobs);
        assertThat(Api.events(alices, "x-api-key", ROOT)).hasSize(7);
        assertThat(Api.get("/v1/streams?after_id=" + alices, "x-api-key", BOB).statusCode())
                .isBetween(400, 404);
    }

    private static void assertHidden(String id, String key) throws Exception {
        var unknown = Api.get("/v1/streams/stream_unknown", "x-api-key", key).body();
        for (var accept : List.of("application/json", "text/event-stream", "text/plain")) {
            var response = Api.get("/v1/streams/" + id, "accept", accept, "x-api-key", key);
            Api.assertError(response, 404, "not_found_error");
            // The response does not reveal that the stream exists.
            assertThat(Api.json(response.body())
                            .getJsonObject("error")
                            .toString()
                            .replace(id, "stream_unknown"))
                    .isEqualTo(Api.json(unknown).getJsonObject("error").toString());
        }
        Api.assertError(Api.delete("/v1/streams/" + id, "x-api-key", key), 404, "not_found_error");
    }

    private static List<String> ids(String key) throws Exception {
        return Api.json(Api.get("/v1/streams", "x-api-key", key).body())
                .getJsonArray("data")
                .getValuesAs(JsonObject.class)
                .stream()
                .map(one -> one.getString("id"))
                .toList();
    }

    @Test
    void letsOnlyTheOwnerAndAnAdminCancel() throws Exception {
        upstream.otherwise(request -> Wire.begun().stall());
        var id = Api.startStream("x-api-key", ALICE);
        upstream.takeRequest();

        Api.assertError(Api.delete("/v1/streams/" + id, "x-api-key", BOB), 404, "not_found_error");
        assertThat(Api.stream(id, "x-api-key", ALICE).getString("status")).isEqualTo("running");
        assertThat(Api.delete("/v1/streams/" + id, "x-api-key", ROOT).statusCode())
                .isEqualTo(200);
        assertThat(Api.stream(id, "x-api-key", ALICE).getString("status")).isEqualTo("canceled");
    }

    @Test
    void servesAForeignHostWithAKey() throws Exception {
        upstream.answer(Wire.helloScript());
        try (var client = RawClient.connect().message("Host: claude.example", "x-api-key: " + ALICE)) {
            assertThat(client.status()).isEqualTo(200);
            client.readUntil("message_stop");
        }
    }

    /** Names of Docker Compose contain such a character, and Java's URIs do not accept it in a host. */
    @ParameterizedTest
    @CsvSource({"llm_gateway:9080", "llm_gateway", "my_host.example:8080", "[::1]:9080", "claude.example.:9080"})
    void urlsHaveTheHostOfTheRequest(String host) throws Exception {
        upstream.answer(Wire.helloScript());
        try (var client = RawClient.connect()
                .request("POST", "/v1/streams", Api.body(true), "Host: " + host, "x-api-key: " + ALICE)) {
            var head = client.readUntil("\r\n\r\n");
            assertThat(head)
                    .startsWith("HTTP/1.1 201 ")
                    .containsIgnoringCase("\r\nlocation: http://" + host + "/v1/streams/stream_");
        }
        try (var client = RawClient.connect()
                .request("GET", "/v1/streams", "", "Host: " + host, "x-api-key: " + ALICE, "Origin: http://" + host)) {
            assertThat(client.status()).as("a page of this server").isEqualTo(200);
        }
        // Otherwise the request of the stream could arrive during the next test.
        upstream.takeRequest();
    }
}
