package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OriginTest {

    @ParameterizedTest
    @CsvSource({
        "https://claude.example, HTTPS://Claude.EXAMPLE",
        "https://claude.example, https://claude.example:443",
        "https://claude.example, https://claude.example:",
        "http://claude.example, http://claude.example:80",
        "http://claude.example, ' http://claude.example '",
        "https://claude.example:8443, https://CLAUDE.example:8443",
        "http://[::1], http://[0:0:0:0:0:0:0:1]:80",
        "https://[2001:db8::1]:8443, https://[2001:DB8:0:0::0001]:8443",
        "https://claude.example, https://claude.example.",
        "https://b\u00fccher.example, https://xn--bcher-kva.example",
        "https://B\u00dcCHER.example:443, https://XN--bcher-KVA.example",
        "http://llm_gateway, http://LLM_gateway:80",
        "http://my_host:9080, http://MY_HOST:9080"
    })
    void spellingsOfOneOriginAreEqual(String one, String other) {
        assertThat(Origin.of(one)).isPresent().isEqualTo(Origin.of(other));
    }

    @ParameterizedTest
    @CsvSource({
        "https://claude.example, http://claude.example",
        "https://claude.example, http://claude.example:443",
        "https://claude.example:80, http://claude.example",
        "https://claude.example, https://claude.example:8443",
        "https://claude.example, https://www.claude.example",
        "https://claude.example, https://claude.example.evil.example",
        "http://[::1], http://[::2]",
        "http://[::ffff:127.0.0.1], http://127.0.0.1"
    })
    void otherOriginsAreNotEqual(String one, String other) {
        assertThat(Origin.of(one)).isPresent().isNotEqualTo(Origin.of(other));
        assertThat(Origin.of(other)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "",
                "*",
                "claude.example",
                "https://",
                "https:// claude.example",
                "https://claude.example/",
                "https://claude.example?",
                "https://user@claude.example",
                "https://claude.example:port",
                "https://claude.example:443:443",
                "https://a, https://b",
                "ftp://claude.example",
                "https://[::1",
                "https://[1]",
                "https://[a.b]",
                "https://*.example"
            })
    void otherTextsAreNotOrigins(String text) {
        assertThat(Origin.of(text)).isEmpty();
    }

    @Test
    void hasTheDefaultPortOfItsScheme() {
        assertThat(Origin.of("https://Claude.example")).contains(new Origin("https", "claude.example", 443));
        assertThat(Origin.of("http://claude.example")).contains(new Origin("http", "claude.example", 80));
    }
}
