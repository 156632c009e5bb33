package io.github.claudejakarta.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.http.ClientSettings;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpProxyTest {

    @ParameterizedTest
    @CsvSource({
        "http://proxy.bank:3128,proxy.bank:3128",
        "HTTP://Proxy.Bank,proxy.bank:80",
        "https://proxy.bank/,proxy.bank:443",
        "http://my_proxy:8080,my_proxy:8080",
        "http://[::1]:3128,[::1]:3128",
        "' http://10.0.0.1:1 ',10.0.0.1:1",
        "http://b\u00fccher.example:1,xn--bcher-kva.example:1",
        "http://u:p@my_proxy:1,my_proxy:1"
    })
    void isAUrl(String url, String address) {
        assertThat(HttpProxy.of("claude.proxy", url).address()).isEqualTo(address);
        assertThat(HttpProxy.of("claude.proxy", url).isSecured()).isEqualTo(url.startsWith("https"));
    }

    @ParameterizedTest
    @CsvSource({
        "user:p%40ss,user:p@ss",
        "user:,user:",
        "user,user:",
        "u+%2Bs%2Fer:p:p,u++s/er:p:p",
        "%C3%BC:%E2%82%AC,\u00fc:\u20ac",
        "user:secret%20,'user:secret '"
    })
    void mayHaveCredentials(String user, String credentials) {
        var proxy = HttpProxy.of("claude.proxy", "http://" + user + "@proxy.bank:3128");

        assertThat(proxy.authorization())
                .contains("Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
        assertThat(proxy).hasToString("proxy.bank:3128 (claude.proxy)");
        assertThat(new ClientSettings(
                                URI.create("http://x"),
                                Optional.empty(),
                                "v",
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(1),
                                1,
                                1,
                                Duration.ofSeconds(1))
                        .withProxy(Optional.of(proxy))
                        .toString())
                .contains("proxy.bank:3128")
                .doesNotContain("Basic", "user");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "proxy.bank:3128",
                "proxy.bank",
                "socks5://user:secret@proxy.bank:1080",
                "ftp://user:secret@proxy.bank",
                "http://user:secret@",
                "http:///x",
                "http://user:secret@proxy.bank:0",
                "http://user:secret@proxy.bank:99999",
                "http://user:secret@proxy.bank/path",
                "http://user:secret@proxy.bank?x",
                "http://user:secret@proxy.bank#x",
                "http://user:sec ret@proxy.bank",
                "http://user:secret%zz@proxy.bank",
                "http://user:secret@proxy bank",
                "http://:secret@proxy.bank",
                "http://us%3Aer:secret@proxy.bank",
                "http://user:secret@[fe80::1%25eth0]:1",
                "http://a@user:secret@proxy.bank",
                "mailto:secret",
                "x"
            })
    void otherTextsNameTheKeyAndNotTheValue(String url) {
        assertThatThrownBy(() -> HttpProxy.of("claude.webhooks.proxy", url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("claude.webhooks.proxy must ")
                .hasMessageNotContaining("secret")
                .hasNoCause();
    }

    @Test
    void readsTheSystemProperties() {
        withProperties(
                Map.of(
                        "https.proxyHost",
                        "proxy.bank",
                        "https.proxyPort",
                        "3128",
                        "http.nonProxyHosts",
                        "*.intra|localhost"),
                () -> {
                    var proxy = HttpProxy.ofJava(URI.create("https://api.anthropic.com"))
                            .orElseThrow();
                    assertThat(proxy).hasToString("proxy.bank:3128 (https.proxyHost)");
                    assertThat(proxy.isSecured()).isFalse();
                    assertThat(HttpProxy.ofJava(URI.create("https://claude.intra")))
                            .isEmpty();
                    assertThat(HttpProxy.ofJava(URI.create("https://llm_gateway")))
                            .isPresent();
                    assertThat(HttpProxy.ofJava(URI.create("http://api.anthropic.com")))
                            .isEmpty();
                });
        withProperties(Map.of("http.proxyHost", "my_proxy"), () -> {
            assertThat(HttpProxy.ofJava(URI.create("http://llm_gateway:8080"))
                            .orElseThrow()
                            .address())
                    .isEqualTo("my_proxy:80");
            assertThat(HttpProxy.ofJava(URI.create("https://api.anthropic.com")))
                    .isEmpty();
            assertThat(HttpProxy.ofJava(URI.create("http://127.0.0.1:1"))).isEmpty();
        });
        withProperties(
                Map.of("socksProxyHost", "socks.bank"),
                () -> assertThat(HttpProxy.ofJava(URI.create("https://api.anthropic.com")))
                        .isEmpty());
        assertThat(HttpProxy.ofJava(URI.create("https://api.anthropic.com"))).isEmpty();
    }

    private static void withProperties(Map<String, String> properties, Runnable test) {
        properties.forEach(System::setProperty);
        try {
            test.run();
        } finally {
            properties.keySet().forEach(System::clearProperty);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "api.bank.example,api.bank.example",
        "*.bank.example,api.bank.example",
        ".bank.example,API.bank.example.",
        ".bank.example,a.b.bank.example",
        "localhost,localhost",
        "127.0.0.1,127.0.0.1",
        "10.0.0.0/8,10.20.30.40",
        "::1,[0:0::1]",
        "[::1],::1",
        "fd00::/8,[fd12::1]",
        "*,anything.example",
        "llm_gateway,LLM_GATEWAY",
        "b\u00fccher.example,xn--bcher-kva.example",
        "0.0.0.0/0,1.2.3.4"
    })
    void someHostsUseNoProxy(String entry, String host) {
        assertThat(new NoProxy(List.of("other.example", entry))
                        .contains(Host.of(host).orElseThrow()))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "bank.example,api.bank.example",
        ".bank.example,bank.example",
        ".bank.example,evilbank.example",
        "10.0.0.0/8,11.0.0.1",
        "10.0.0.0/8,ten.example",
        "10.0.0.0/8,[a00::1]",
        "127.0.0.1,localhost",
        "0.0.0.0/0,[::1]"
    })
    void otherHostsUseTheProxy(String entry, String host) {
        assertThat(new NoProxy(List.of(entry)).contains(Host.of(host).orElseThrow()))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://x",
                "x:80",
                "[::1]:80",
                "a b",
                "*.*",
                "**",
                "10.0.0.0/33",
                "10.0.0.0/",
                "x/8",
                "fe80::1%eth0",
                "..x",
                "user@x",
                ""
            })
    void anInvalidEntryNamesItsKey(String entry) {
        assertThatThrownBy(() -> new NoProxy(List.of(entry)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("claude.no-proxy must be");
    }
}
