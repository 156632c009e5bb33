package io.github.claudejakarta.it.callers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.docs.Document;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.ClientKey;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.it.support.SocketReader;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.io.StringReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** MicroProfile JWTs on a server that is configured to verify them. */
@OwnServers
class JwtIT {

    private static final String ISSUER = "https://issuer.example";
    private static final String CLIENTS = ServerLog.KEY_MARK + "jwt-client";
    private static final String SERVERS = ServerLog.KEY_MARK + "jwt-servers-own";
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final KeyPair KEYS = keys();
    private static final KeyPair FOREIGN = keys();

    private static final ScriptedUpstream UPSTREAM = ScriptedUpstream.start();

    private static final Document.Block DOCUMENTED =
            Document.of("docs/operations.md").block("userNameAttribute");
    private static final String LIMIT_OF_DORA = "4711";

    @RegisterExtension
    static final ServerProcess SERVER = verifying("claude-jwt", elements(DOCUMENTED))
            .with("CLAUDE_API_KEY", SERVERS)
            .with("CLAUDE_CLIENTS_TELLER_KEY_SHA256", ClientKey.sha256(CLIENTS))
            .with("CLAUDE_CLIENTS_CAROL_TOKENS_PER_DAY", "8");

    /**
     * A server that serves the local machine without a token, and whose callers bring their own keys. No claim is
     * configured.
     */
    @RegisterExtension
    static final ServerProcess WITHOUT_CLIENTS =
            verifying("claude-jwt-without-clients", "<featureManager><feature>mpJwt-2.1</feature></featureManager>");

    @RegisterExtension
    static final ServerProcess BY_SUBJECT = verifying(
                    "claude-jwt-by-subject", elements(DOCUMENTED.with("preferred_username", "sub")))
            .with("CLAUDE_API_KEY", SERVERS);

    private static String elements(Document.Block block) {
        return block.with("<server>", "").with("</server>", "").text();
    }

    private static ServerProcess verifying(String name, String elements) {
        return new ServerProcess(name)
                .configured("jwt.xml", elements)
                .with("MP_JWT_VERIFY_ISSUER", ISSUER)
                .with(
                        "MP_JWT_VERIFY_PUBLICKEY",
                        "-----BEGIN PUBLIC KEY-----\n"
                                + Base64.getMimeEncoder()
                                        .encodeToString(KEYS.getPublic().getEncoded()) + "\n-----END PUBLIC KEY-----")
                .with("CLAUDE_CLIENTS_DORA_TOKENS_PER_DAY", LIMIT_OF_DORA)
                .with("CLAUDE_BASE_URL", UPSTREAM.url().toString());
    }

    @BeforeAll
    static void start() throws Exception {
        for (ServerProcess server : List.of(SERVER, WITHOUT_CLIENTS, BY_SUBJECT)) {
            server.start();
        }
    }

    @AfterAll
    static void close() {
        UPSTREAM.close();
    }

    @BeforeEach
    void forget() {
        UPSTREAM.forget();
        UPSTREAM.otherwise(
                request -> request.text().contains("\"stream\":true") ? Wire.helloScript() : Wire.messageScript());
    }

    @Test
    void acceptsAuthenticatedUsers() throws Exception {
        HttpResponse<String> response =
                post("/v1/messages", Api.body(false), "Bearer " + token(KEYS, "alice", List.of(), 60));

        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        var received = UPSTREAM.takeRequest();
        assertThat(received.headerValues("x-api-key")).containsExactly(SERVERS);
        assertThat(received.header("authorization")).isEmpty();
        assertThat(received.headers().toString()).doesNotContain("eyJ");
    }

    @Test
    void streamsAndJobsBelongToTheirUser() throws Exception {
        String alice = "Bearer " + token(KEYS, "alice", List.of(), 60);
        String stream = json(post("/v1/streams", Api.body(true), alice)).getString("id");

        assertThat(get("/v1/streams/" + stream, alice).statusCode()).isEqualTo(200);
        assertThat(get("/v1/streams/" + stream, "Bearer " + token(KEYS, "bob", List.of("users"), 60))
                        .statusCode())
                .isEqualTo(404);
        assertThat(get("/v1/streams/" + stream, "Bearer " + token(KEYS, "bob", List.of("users", "admin"), 60))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aTokenOpensASocketToo() throws Exception {
        UPSTREAM.answer(Wire.helloScript());
        String alice = "Bearer " + token(KEYS, "alice", List.of(), 60);

        String id;
        try (SocketReader socket = SocketReader.open(SERVER.uri(), "/v1/messages/socket", "Authorization", alice)
                .send(Api.body(true))) {
            id = socket.next().getString("id");
            assertThat(SocketReader.text(socket.rest())).isEqualTo("Hello");
        }

        assertThat(get("/v1/streams/" + id, alice).statusCode()).isEqualTo(200);
        assertThat(get("/v1/streams/" + id, "Bearer " + token(KEYS, "bob", List.of(), 60))
                        .statusCode())
                .isEqualTo(404);
        assertThat(UPSTREAM.takeRequest().header("authorization")).isEmpty();
    }

    @Test
    void aUserMayHaveTheLimitsOfAClient() throws Exception {
        String carol = "Bearer " + token(KEYS, "carol", List.of(), 60);

        assertThat(post("/v1/messages", Api.body(false), carol)
                        .headers()
                        .firstValue("anthropic-ratelimit-tokens-limit"))
                .contains("8");
        assertThat(post("/v1/messages", Api.body(false), carol).statusCode()).isEqualTo(429);
    }

    @Test
    void clientsHaveTheirKeysAsBefore() throws Exception {
        assertThat(post("/v1/messages", Api.body(false), null, "x-api-key", CLIENTS)
                        .statusCode())
                .isEqualTo(200);
        assertThat(post("/v1/messages", Api.body(false), "Bearer " + CLIENTS).statusCode())
                .isEqualTo(200);
    }

    @Test
    void aTokenAndAKeyMayBeSentTogether() throws Exception {
        String alice = "Bearer " + token(KEYS, "alice", List.of(), 60);
        String stream = json(post("/v1/streams", Api.body(true), alice, "x-api-key", CLIENTS))
                .getString("id");
        assertThat(get("/v1/streams/" + stream, alice).statusCode())
                .as("the token names the user")
                .isEqualTo(200);

        String expired = "Bearer " + token(KEYS, "alice", List.of(), -3600);
        assertThat(post("/v1/messages", Api.body(false), expired, "x-api-key", CLIENTS)
                        .statusCode())
                .isEqualTo(200);
        assertThat(post("/v1/messages", Api.body(false), expired, "x-api-key", " ")
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void rejectsInvalidTokens() throws Exception {
        String stranger = token(FOREIGN, "alice", List.of("admin"), 60);
        String old = token(KEYS, "alice", List.of(), -3600);

        for (String authorization : List.of("Bearer " + stranger, "Bearer " + old, "Bearer nonsense")) {
            HttpResponse<String> response = post("/v1/messages", Api.body(false), authorization);
            assertThat(response.statusCode()).as(authorization).isEqualTo(401);
            assertThat(json(response).getJsonObject("error").getString("type")).isEqualTo("authentication_error");
        }
        assertThat(post("/v1/messages", Api.body(false), null).statusCode()).isEqualTo(401);
        assertThat(UPSTREAM.requests()).isEmpty();
    }

    @Test
    void aTokenIsNotSentToClaudeAsAKey() throws Exception {
        for (String token : List.of(token(FOREIGN, "alice", List.of(), 60), token(KEYS, "alice", List.of(), -3600))) {
            HttpResponse<String> response = post(WITHOUT_CLIENTS, "Bearer " + token);
            assertThat(response.statusCode()).isEqualTo(401);
            assertThat(json(response).getJsonObject("error").getString("message"))
                    .contains("token");
        }
        HttpResponse<String> besideABlankKey = HTTP.send(
                HttpRequest.newBuilder(WITHOUT_CLIENTS.uri().resolve("/v1/messages"))
                        .timeout(Duration.ofSeconds(30))
                        .header("content-type", "application/json")
                        .header("x-api-key", " ")
                        .header("authorization", "Bearer " + token(FOREIGN, "alice", List.of(), 60))
                        .POST(BodyPublishers.ofString(Api.body(false)))
                        .build(),
                BodyHandlers.ofString());
        assertThat(besideABlankKey.statusCode()).isEqualTo(401);
        assertThat(UPSTREAM.requests()).isEmpty();

        assertThat(post(WITHOUT_CLIENTS, "Bearer " + CLIENTS).statusCode())
                .as("a key for Claude")
                .isEqualTo(200);
        assertThat(UPSTREAM.takeRequest().header("authorization")).contains("Bearer " + CLIENTS);
    }

    @Test
    void theNameIsTheClaimThatIsConfigured() throws Exception {
        assertNamedBy("preferred_username", SERVER);
        assertNamedBy("upn", WITHOUT_CLIENTS);
        assertNamedBy("sub", BY_SUBJECT);
    }

    private static void assertNamedBy(String claim, ServerProcess server) throws Exception {
        for (String other : List.of("upn", "preferred_username", "sub", "email")) {
            HttpResponse<String> response =
                    post(server, "Bearer " + signed(KEYS, claims(60).add(other, "dora")));
            assertThat(response.statusCode())
                    .as(other + " alone, where " + claim + " is the name")
                    .isEqualTo(other.equals(claim) ? 200 : 401);
            assertThat(limit(response)).isEqualTo(other.equals(claim) ? LIMIT_OF_DORA : "");
        }
        JsonObjectBuilder all = claims(60)
                .add("upn", "alice")
                .add("preferred_username", "alice")
                .add("sub", "alice")
                .add(claim, "dora");
        assertThat(limit(post(server, "Bearer " + signed(KEYS, all)))).isEqualTo(LIMIT_OF_DORA);
    }

    /** A limit of the caller's tokens, which shows who the caller is. */
    private static String limit(HttpResponse<String> response) {
        return response.headers().firstValue("anthropic-ratelimit-tokens-limit").orElse("");
    }

    private static HttpResponse<String> post(ServerProcess server, String authorization) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(server.uri().resolve("/v1/messages"))
                        .timeout(Duration.ofSeconds(30))
                        .header("content-type", "application/json")
                        .header("authorization", authorization)
                        .POST(BodyPublishers.ofString(Api.body(false)))
                        .build(),
                BodyHandlers.ofString());
    }

    @Test
    void noUserCanHaveTheNameOfTheServer() throws Exception {
        assertThat(post("/v1/messages", Api.body(false), "Bearer " + token(KEYS, "local", List.of(), 60))
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void namesThatCannotBeStoredAreRejected() throws Exception {
        for (String name : List.of("a".repeat(256), "a\nstatus=200", " ")) {
            HttpResponse<String> response =
                    post("/v1/messages", Api.body(false), "Bearer " + token(KEYS, name, List.of(), 60));
            assertThat(response.statusCode()).as(name).isBetween(401, 403);
        }
        assertThat(post("/v1/messages", Api.body(false), "Bearer " + token(KEYS, "a".repeat(255), List.of(), 60))
                        .statusCode())
                .isEqualTo(200);
        assertThat(UPSTREAM.requests()).hasSize(1);
    }

    private static HttpResponse<String> get(String path, String authorization) throws Exception {
        return HTTP.send(request(path, authorization).GET().build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(String path, String body, String authorization, String... headers)
            throws Exception {
        HttpRequest.Builder request = request(path, authorization)
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return HTTP.send(request.build(), BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(String path, String authorization) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(SERVER.uri().resolve(path)).timeout(Duration.ofSeconds(30));
        return authorization == null ? request : request.header("Authorization", authorization);
    }

    private static JsonObject json(HttpResponse<String> response) {
        try (var reader = Json.createReader(new StringReader(response.body()))) {
            return reader.readObject();
        }
    }

    private static KeyPair keys() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A token in which each claim that can be the name has this value. */
    private static String token(KeyPair keys, String name, List<String> groups, long seconds)
            throws GeneralSecurityException {
        return signed(
                keys,
                claims(seconds)
                        .add("sub", name)
                        .add("upn", name)
                        .add("preferred_username", name)
                        .add("groups", Json.createArrayBuilder(groups)));
    }

    private static JsonObjectBuilder claims(long seconds) {
        long now = Instant.now().getEpochSecond();
        return Json.createObjectBuilder()
                .add("iss", ISSUER)
                .add("jti", UUID.randomUUID().toString())
                .add("iat", now - 7200)
                .add("exp", now + seconds);
    }

    private static String signed(KeyPair keys, JsonObjectBuilder claims) throws GeneralSecurityException {
        String content = base64("{\"alg\":\"RS256\",\"typ\":\"JWT\"}".getBytes(UTF_8)) + "."
                + base64(claims.build().toString().getBytes(UTF_8));
        var signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(keys.getPrivate());
        signature.update(content.getBytes(UTF_8));
        return content + "." + base64(signature.sign());
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
