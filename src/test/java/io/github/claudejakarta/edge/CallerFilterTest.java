package io.github.claudejakarta.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.Clients;
import io.github.claudejakarta.web.Origins;
import io.github.claudejakarta.web.PublicUrl;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.SecurityContext;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallerFilterTest {

    private static final Clients NONE = new Clients(List.of());

    private SecurityContext security;
    private Optional<String> issuer = Optional.empty();
    private Optional<URI> publicUrl = Optional.empty();

    @ParameterizedTest
    @ValueSource(strings = {"localhost:9080", "127.0.0.1", "[::1]:9080", "LOCALHOST:9080"})
    void withoutClientsThisMachineIsServedUnderItsOwnNames(String host) throws Exception {
        assertThat(caller(NONE, "127.0.0.1", Map.of("host", host))).isEqualTo(Caller.LOCAL);
    }

    @Test
    void loopbackIsThisMachineInAnyForm() throws Exception {
        assertThat(caller(NONE, "0:0:0:0:0:0:0:1", Map.of())).isEqualTo(Caller.LOCAL);
        assertThat(caller(NONE, "127.1.2.3", Map.of())).isEqualTo(Caller.LOCAL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.168.1.5", "10.0.0.1", "2001:db8::1"})
    void otherAddressesAreRejected(String address) {
        assertThat(refusal(NONE, address, Map.of("host", "localhost", "x-forwarded-for", "127.0.0.1"))
                        .status())
                .isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "localhost.evil.example",
                "evil.example:9080",
                "127.0.0.1.evil.example",
                "a b",
                "[",
                "",
                "localhost@evil.example",
                "evil_host",
                "%",
                "localhost:9080, evil.example",
                "0.0.0.0",
                "claude.example.org"
            })
    void aForeignHostIsRejected(String host) {
        assertThat(refusal(NONE, "127.0.0.1", Map.of("host", host)).status()).isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example",
                "null",
                "http://a b",
                "file://",
                "",
                "http://localhost.evil.example",
                "http://localhost:3000"
            })
    void aForeignOriginIsRejected(String origin) {
        assertThat(refusal(NONE, "127.0.0.1", Map.of("host", "localhost", "origin", origin))
                        .status())
                .isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://localhost:9080", "https://localhost:9080", "http://LOCALHOST:9080"})
    void anOwnOriginIsServed(String origin) throws Exception {
        assertThat(caller(NONE, "127.0.0.1", Map.of("host", "localhost:9080", "origin", origin)))
                .isEqualTo(Caller.LOCAL);
    }

    @ParameterizedTest
    @CsvSource({
        "localhost,http://localhost:80",
        "localhost:80,http://localhost",
        "localhost:443,https://localhost",
        "[::1]:80,http://[0:0:0:0:0:0:0:1]"
    })
    void theDefaultPortMayBeWritten(String host, String origin) throws Exception {
        assertThat(caller(NONE, "127.0.0.1", Map.of("host", host, "origin", origin)))
                .isEqualTo(Caller.LOCAL);
    }

    /** TLS ends at the proxy, which sends the Host without the port that the browser sees, or its own. */
    @ParameterizedTest
    @CsvSource({
        "https://claude.example:8443,https://claude.example:8443",
        "https://claude.example:8443/claude/,https://CLAUDE.example:8443",
        "https://claude.example,https://claude.example:443",
        "https://claude.example:443,https://claude.example",
        "HTTP://Claude.Example,http://claude.example",
        "https://[2001:db8::1]:8443,https://[2001:DB8:0::1]:8443"
    })
    void theOriginOfThePublicUrlIsAllowed(URI configured, String origin) throws Exception {
        for (String host : List.of("localhost", "127.0.0.1:9080")) {
            assertThat(refusal(NONE, "127.0.0.1", Map.of("host", host, "origin", origin))
                            .status())
                    .as("without claude.public-url")
                    .isEqualTo(403);

            publicUrl = Optional.of(configured);
            assertThat(caller(NONE, "127.0.0.1", Map.of("host", host, "origin", origin)))
                    .isEqualTo(Caller.LOCAL);
            publicUrl = Optional.empty();
            security = null;
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://claude.example",
                "http://claude.example:8443",
                "https://claude.example:8443.evil.example",
                "https://claude.example:8443@evil.example",
                "https://evil.example:8443",
                "null",
                ""
            })
    void anyOtherOriginIsForeignToAServerWithAPublicUrl(String origin) {
        publicUrl = Optional.of(URI.create("https://claude.example:8443"));

        assertThat(refusal(NONE, "127.0.0.1", Map.of("host", "localhost", "origin", origin))
                        .status())
                .isEqualTo(403);
    }

    /** All callers have the proxy's address, which may be this machine's: without clients anybody could then call. */
    @Test
    void thePublicUrlIsNotAHostOfThisMachine() {
        publicUrl = Optional.of(URI.create("https://claude.example"));

        assertThat(refusal(NONE, "127.0.0.1", Map.of("host", "claude.example", "origin", "https://claude.example"))
                        .status())
                .isEqualTo(403);
    }

    @ParameterizedTest
    @CsvSource({"x-api-key,secret", "authorization,Bearer secret", "authorization,bearer  secret "})
    void withClientsTheKeyIdentifiesTheCaller(String header, String value) throws Exception {
        assertThat(caller(alice(), "192.168.1.5", Map.of(header, value))).isEqualTo(new Caller("alice", false));
    }

    /** Claude Code sends both headers if both of its variables are set. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "''|Bearer secret",
                " |bearer   secret",
                "wrong|Bearer secret",
                "secret|Bearer wrong",
                "secret|Bearer ",
                "secret|''",
                "wrong,secret|''",
                ", secret|Basic abc",
                "wrong|Bearer wrong, Bearer secret",
                "wrong|Basic abc, BEARER\tsecret\t"
            })
    void theFirstValidKeyCounts(String apiKey, String authorization) throws Exception {
        assertThat(caller(alice(), "192.168.1.5", Map.of("x-api-key", apiKey, "authorization", authorization)))
                .isEqualTo(new Caller("alice", false));
    }

    @Test
    void ofTwoClientsXApiKeyCounts() throws Exception {
        var clients = new Clients(List.of(key("a", "alice"), key("b", "bob")));

        assertThat(caller(clients, "192.168.1.5", Map.of("x-api-key", "a", "authorization", "Bearer b"))
                        .name())
                .isEqualTo("alice");
        assertThat(caller(clients, "192.168.1.5", Map.of("x-api-key", "b", "authorization", "Bearer a"))
                        .name())
                .isEqualTo("bob");
    }

    @Test
    void aKeyMayHaveACommaInIt() throws Exception {
        var clients = new Clients(List.of(key("a,b", "alice")));

        assertThat(caller(clients, "192.168.1.5", Map.of("x-api-key", "a,b")).name())
                .isEqualTo("alice");
        assertThat(caller(clients, "192.168.1.5", Map.of("authorization", "Bearer a,b"))
                        .name())
                .isEqualTo("alice");
    }

    @Test
    void blankKeysAreIgnored() {
        var refusal = refusal(alice(), "127.0.0.1", Map.of("x-api-key", " ", "authorization", "Bearer "));

        assertThat(refusal.status()).isEqualTo(401);
        assertThat(refusal.errorMessage()).contains("required");
    }

    @Test
    void withClientsLoopbackNeedsAKeyToo() {
        var refusal = refusal(alice(), "127.0.0.1", Map.of("host", "localhost"));

        assertThat(refusal.status()).isEqualTo(401);
        assertThat(refusal.errorMessage()).contains("required");
    }

    @ParameterizedTest
    @CsvSource({"x-api-key,wrong", "authorization,Bearer wrong", "authorization,Basic secret", "x-api-key,''"})
    void aWrongKeyIsRejectedAndNotRepeated(String header, String value) {
        var refusal = refusal(alice(), "127.0.0.1", Map.of(header, value));

        assertThat(refusal.status()).isEqualTo(401);
        assertThat(refusal.errorMessage()).doesNotContain("wrong");
    }

    /** The server has not accepted the token, because it would have set the caller. */
    @Test
    void aTokenIsNotSentToClaudeIfTokensAreVerified() throws Exception {
        var headers = Map.of("authorization", "Bearer eyJhbGciOiJub25lIn0.eyJ1cG4iOiJhbGljZSJ9.");
        assertThat(caller(NONE, "127.0.0.1", headers)).isEqualTo(Caller.LOCAL);

        security = null;
        issuer = Optional.of("https://issuer.example");
        assertThat(refusal(NONE, "127.0.0.1", headers).status()).isEqualTo(401);
        var besideABlankKey = Map.of("x-api-key", " ", "authorization", headers.get("authorization"));
        assertThat(refusal(NONE, "127.0.0.1", besideABlankKey).status()).isEqualTo(401);
        assertThat(caller(NONE, "127.0.0.1", Map.of("authorization", "Bearer sk-ant-oat01-abc")))
                .isEqualTo(Caller.LOCAL);
    }

    private static Clients alice() {
        return new Clients(List.of(key("secret", "alice")));
    }

    private static Clients.Key key(String key, String client) {
        try {
            return new Clients.Key(
                    MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)),
                    new Caller(client, false));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private ClaudeException refusal(Clients clients, String address, Map<String, String> headers) {
        var refusal = catchThrowableOfType(ClaudeException.class, () -> caller(clients, address, headers));
        assertThat(refusal).isNotNull();
        assertThat(security).isNull();
        return refusal;
    }

    private Caller caller(Clients clients, String address, Map<String, String> headers) throws Exception {
        var filter = new CallerFilter();
        set(
                filter,
                "callers",
                new Callers(clients, new Origins(Set.of("https://allowed.example")), new PublicUrl(publicUrl), issuer));
        set(
                filter,
                "connection",
                stub(HttpServletRequest.class, (proxy, method, arguments) -> switch (method.getName()) {
                    case "getRemoteAddr" -> address;
                    case "getProtocol" -> "HTTP/1.1";
                    default -> null;
                }));
        filter.filter(stub(ContainerRequestContext.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "getHeaderString" -> headers.get((String) arguments[0]);
            case "setSecurityContext" -> {
                security = (SecurityContext) arguments[0];
                yield null;
            }
            default -> null;
        }));
        return (Caller) security.getUserPrincipal();
    }

    /** Injects as the container does. */
    private static void set(CallerFilter filter, String field, Object value) throws ReflectiveOperationException {
        var injected = CallerFilter.class.getDeclaredField(field);
        injected.setAccessible(true);
        injected.set(filter, value);
    }

    private static <T> T stub(Class<T> type, InvocationHandler handler) {
        return type.cast(
                Proxy.newProxyInstance(CallerFilterTest.class.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
