package io.github.claudejakarta.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SocketHandshakeTest {

    /** The key and the answer of RFC 6455, section 1.3. */
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    private static final String ANSWER = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private final Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private final Map<String, Object> response = new HashMap<>();
    private String method = "GET";
    private String protocol = "HTTP/1.1";
    private String path = "/v1/messages/socket";

    @BeforeEach
    void prepareAValidRequest() {
        headers.put("Upgrade", List.of("websocket"));
        headers.put("Connection", List.of("Upgrade"));
        headers.put("Sec-WebSocket-Version", List.of("13"));
        headers.put("Sec-WebSocket-Key", List.of(KEY));
    }

    private HttpServletRequest request() {
        return (HttpServletRequest) Proxy.newProxyInstance(
                SocketHandshakeTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, called, arguments) -> switch (called.getName()) {
                    case "getMethod" -> method;
                    case "getProtocol" -> protocol;
                    case "getServletPath" -> path.substring(0, 3);
                    case "getPathInfo" -> path.length() == 3 ? null : path.substring(3);
                    case "getHeader" ->
                        values(arguments[0]).stream().findFirst().orElse(null);
                    case "getHeaders" -> Collections.enumeration(values(arguments[0]));
                    case "getParameterMap" -> Map.of("after", new String[] {"3"});
                    default -> throw new UnsupportedOperationException(called.toString());
                });
    }

    private List<String> values(Object name) {
        return headers.getOrDefault((String) name, List.of());
    }

    private HttpServletResponse response() {
        return (HttpServletResponse) Proxy.newProxyInstance(
                SocketHandshakeTest.class.getClassLoader(),
                new Class<?>[] {HttpServletResponse.class},
                (proxy, called, arguments) -> switch (called.getName()) {
                    case "setStatus" -> {
                        response.put("status", arguments[0]);
                        yield null;
                    }
                    case "setHeader" -> {
                        response.put((String) arguments[0], arguments[1]);
                        yield null;
                    }
                    default -> throw new UnsupportedOperationException(called.toString());
                });
    }

    private SocketHandshake handshake() {
        return SocketHandshake.of(request()).orElseThrow();
    }

    @Test
    void aMessageRequestHasNoStream() {
        assertThat(handshake().stream()).isEmpty();
        assertThat(handshake().route()).isEqualTo("/v1/messages/socket");
        assertThat(handshake().parameters().get("after")).containsExactly("3");
    }

    @Test
    void aStreamIsNamedInThePathAndNotInItsRoute() {
        path = "/v1/streams/stream_1/socket";

        assertThat(handshake().stream()).contains("stream_1");
        assertThat(handshake().route()).isEqualTo("/v1/streams/{id}/socket");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1",
                "/v1/messages",
                "/v1/messages/socket/",
                "/v1/streams/socket",
                "/v1/streams//socket",
                "/v1/streams/a/b/socket",
                "/v1/streams/a/socket/"
            })
    void otherPathsHaveNoSocket(String other) {
        path = other;

        assertThat(SocketHandshake.of(request())).isEmpty();
    }

    @Test
    void anotherMethodOrProtocolIsNoHandshake() {
        method = "POST";
        assertThat(SocketHandshake.of(request())).isEmpty();

        method = "GET";
        protocol = "HTTP/1.0";
        assertThat(SocketHandshake.of(request())).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"Upgrade|h2c", "Upgrade|websocket2", "Connection|keep-alive", "Connection|keep-alive, close"})
    void aRequestForAnotherUpgradeIsNoHandshake(String header, String value) {
        headers.put(header, List.of(value));

        assertThat(SocketHandshake.of(request())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Upgrade", "Connection"})
    void bothHeadersAreNeeded(String header) {
        headers.remove(header);

        assertThat(SocketHandshake.of(request())).isEmpty();
    }

    @Test
    void tokensMayBeAmongOthersInAnyCase() {
        headers.put("Upgrade", List.of("h2c", "foo, WebSocket"));
        headers.put("Connection", List.of("keep-alive,  UPGRADE"));

        assertThat(SocketHandshake.of(request())).isPresent();
    }

    @Test
    void anotherVersionGets426WithTheServersVersion() {
        for (var version : List.of(List.of("8"), List.<String>of())) {
            response.clear();
            headers.put("Sec-WebSocket-Version", version);

            assertThatThrownBy(() -> handshake().requireValid(response()))
                    .isInstanceOfSatisfying(ClaudeException.class, e -> {
                        assertThat(e.status()).isEqualTo(426);
                        assertThat(e.type()).isEqualTo(ErrorType.INVALID_REQUEST);
                    });
            assertThat(response).containsOnly(Map.entry("Sec-WebSocket-Version", "13"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "dGhlIHNhbXBsZSBub25jZTE=", "dGhlIHNhbXBsZSBub2!jZQ=="})
    void aKeyIs16BytesInBase64(String key) {
        headers.put("Sec-WebSocket-Key", List.of(key));

        assertThatThrownBy(() -> handshake().requireValid(response()))
                .isInstanceOfSatisfying(
                        ClaudeException.class, e -> assertThat(e.status()).isEqualTo(400))
                .hasMessageContaining("Sec-WebSocket-Key");
    }

    @Test
    void aKeyIsNeeded() {
        headers.remove("Sec-WebSocket-Key");

        assertThatThrownBy(() -> handshake().requireValid(response())).isInstanceOf(ClaudeException.class);
    }

    @Test
    void theResponseFollowsTheStandard() {
        headers.put("Sec-WebSocket-Key", List.of(" " + KEY + " "));

        handshake().requireValid(response());
        handshake().accept(response());

        assertThat(response)
                .containsOnly(
                        Map.entry("status", 101),
                        Map.entry("Upgrade", "websocket"),
                        Map.entry("Connection", "Upgrade"),
                        Map.entry("Sec-WebSocket-Accept", ANSWER));
    }

    @Test
    void theServersSubprotocolIsSelected() {
        headers.put("Sec-WebSocket-Protocol", List.of("x-api-key.abc, claude"));
        handshake().accept(response());
        assertThat(response).containsEntry("Sec-WebSocket-Protocol", "claude");

        response.clear();
        headers.put("Sec-WebSocket-Protocol", List.of("x-api-key.abc, Claude"));
        handshake().accept(response());
        assertThat(response).doesNotContainKey("Sec-WebSocket-Protocol");
    }
}
