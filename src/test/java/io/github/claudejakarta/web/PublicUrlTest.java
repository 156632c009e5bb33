package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.ws.rs.core.UriBuilder;
import jakarta.ws.rs.core.UriInfo;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublicUrlTest {

    @Test
    void isTheUrlOfTheRequest() {
        assertThat(new PublicUrl(Optional.empty()).of(request("http://localhost:9080/v1/"), "streams/x"))
                .hasToString("http://localhost:9080/v1/streams/x");
    }

    @ParameterizedTest
    @CsvSource({"https://claude.example.org", "https://claude.example.org/"})
    void isTheConfiguredUrl(URI configured) {
        assertThat(new PublicUrl(Optional.of(configured)).of(request("http://localhost:9080/v1/"), "streams/x"))
                .hasToString("https://claude.example.org/v1/streams/x");
    }

    @Test
    void mayHaveAPath() {
        assertThat(new PublicUrl(Optional.of(URI.create("https://example.org/claude")))
                        .of(request("http://localhost/v1/"), "batches/b"))
                .hasToString("https://example.org/claude/v1/batches/b");
    }

    @ParameterizedTest
    @CsvSource({
        "http://localhost:9080/v1/,http://localhost:9080",
        "http://localhost:9080/v1,http://localhost:9080",
        "http://localhost/claude/v1/,http://localhost/claude",
        "http://v1/v1/,http://v1",
        "http://localhost/v1/v1/,http://localhost/v1"
    })
    void theServerUrlEndsBeforeTheVersion(String base, String server) {
        assertThat(new PublicUrl(Optional.empty()).server(request(base))).hasToString(server);
    }

    @ParameterizedTest
    @CsvSource({
        "https://claude.example.org,https://claude.example.org",
        "https://claude.example.org/,https://claude.example.org",
        "https://example.org/claude,https://example.org/claude",
        "https://example.org/v1,https://example.org/v1"
    })
    void theServerUrlIsTheConfiguredUrl(URI configured, String server) {
        assertThat(new PublicUrl(Optional.of(configured)).server(request("http://localhost:9080/v1/")))
                .hasToString(server);
    }

    @ParameterizedTest
    @CsvSource({
        "https://claude.example.org,https://claude.example.org",
        "https://claude.example.org:8443/claude/,https://claude.example.org:8443",
        "HTTPS://user@Claude.example.org:443,https://claude.example.org",
        "http://llm_gateway:8080/x,http://llm_gateway:8080",
        "https://b\u00fccher.example,https://xn--bcher-kva.example",
        "http://[::1]:9080,http://[::1]:9080"
    })
    void hasTheOriginOfItsPages(URI configured, String origin) {
        assertThat(new PublicUrl(Optional.of(configured)).origin()).isPresent().isEqualTo(Origin.of(origin));
        assertThat(new PublicUrl(Optional.empty()).origin()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "http://llm_gateway:8080,http://llm_gateway:8080",
        "https://b\u00fccher.example/,https://xn--bcher-kva.example"
    })
    void mayHaveAHostThatJavasUrisDoNotKnow(URI configured, String server) {
        assertThat(new PublicUrl(Optional.of(configured)).of(request("http://localhost/v1/"), "streams/x"))
                .hasToString(server + "/v1/streams/x");
        assertThat(new PublicUrl(Optional.of(configured)).server(request("http://localhost/v1/")))
                .hasToString(server);
    }

    @ParameterizedTest
    @ValueSource(strings = {"claude.example.org", "ftp://x", "/v1", "mailto:a@b", "httpx://x"})
    void mustBeAnHttpUrl(String url) {
        assertThatThrownBy(() -> new PublicUrl(Optional.of(URI.create(url))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claude.public-url");
    }

    private static UriInfo request(String base) {
        return (UriInfo) Proxy.newProxyInstance(
                PublicUrlTest.class.getClassLoader(),
                new Class<?>[] {UriInfo.class},
                (proxy, method, arguments) ->
                        method.getName().equals("getBaseUriBuilder") ? UriBuilder.fromUri(base) : null);
    }
}
