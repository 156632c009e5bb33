package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientSettingsTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://localhost:9000",
                "https://api.anthropic.com",
                "https://proxy/claude",
                "http://[::1]:80",
                "http://llm_gateway:8080",
                "https://xn--bcher-kva.example"
            })
    void acceptHttpAndHttps(String uri) {
        assertThat(UnguardedClient.settings(URI.create(uri)).baseUri()).hasToString(uri);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://x",
                "localhost:9000",
                "/v1",
                "http:///v1",
                "https://user:pw@host",
                "https://host?x=1",
                "mailto:a@b",
                "http://user:pw@llm_gateway",
                "http://llm_gateway:x",
                "https://stra\u00dfe.example",
                "http://[fe80::1%25eth0]"
            })
    void rejectOtherBaseUrls(String uri) {
        assertThatThrownBy(() -> UnguardedClient.settings(URI.create(uri)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claude.base-url");
    }

    @Test
    void errorsNameTheKey() {
        assertWrong("claude.version", " ", SECOND, SECOND, SECOND, SECOND, 1, 0, SECOND);
        assertWrong("claude.connect-timeout", "v", Duration.ZERO, SECOND, SECOND, SECOND, 1, 0, SECOND);
        assertWrong("claude.read-timeout", "v", SECOND, SECOND.negated(), SECOND, SECOND, 1, 0, SECOND);
        assertWrong("claude.lease-timeout", "v", SECOND, SECOND, Duration.ZERO, SECOND, 1, 0, SECOND);
        assertWrong("claude.request-timeout", "v", SECOND, SECOND, SECOND, Duration.ZERO, 1, 0, SECOND);
        assertWrong("claude.pool.max-connections", "v", SECOND, SECOND, SECOND, SECOND, 0, 0, SECOND);
        assertWrong("claude.pool.max-idle", "v", SECOND, SECOND, SECOND, SECOND, 1, -1, SECOND);
        assertWrong("claude.pool.keep-alive", "v", SECOND, SECOND, SECOND, SECOND, 1, 0, Duration.ZERO);
    }

    @Test
    void keepTheKeyOutOfTheLog() {
        assertThat(UnguardedClient.settings(URI.create("http://x")).toString())
                .contains("http://x")
                .doesNotContain("sk-server");
    }

    @Test
    void aSimulatorChangesOnlyTheBaseUri() {
        var settings = UnguardedClient.settings(URI.create("http://x"));

        assertThat(settings.isSimulated()).isFalse();
        assertThat(settings.withSimulator(URI.create("http://y")).isSimulated()).isTrue();
        assertThat(settings.withSimulator(URI.create("http://y")).baseUri()).hasToString("http://y");
    }

    private static void assertWrong(
            String key,
            String version,
            Duration connect,
            Duration read,
            Duration lease,
            Duration request,
            int maxConnections,
            int maxIdle,
            Duration keepAlive) {
        assertThatThrownBy(() -> new ClientSettings(
                        URI.create("http://x"),
                        Optional.empty(),
                        version,
                        connect,
                        read,
                        lease,
                        request,
                        maxConnections,
                        maxIdle,
                        keepAlive))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(key);
    }
}
