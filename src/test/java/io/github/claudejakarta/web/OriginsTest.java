package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OriginsTest {

    @Test
    void allowOnlyListedOrigins() {
        var origins = new Origins(Set.of("https://app.example", "http://localhost:5173"));

        assertThat(origins.allow("https://app.example")).isTrue();
        assertThat(origins.allow("https://APP.example")).isTrue();
        assertThat(origins.allow("http://localhost:5173")).isTrue();
        assertThat(new Origins(Set.of("HTTPS://App.example:443")).allow("https://app.example"))
                .as("the form of a browser")
                .isTrue();
        assertThat(origins.allow("http://app.example")).isFalse();
        assertThat(origins.allow("https://app.example:8443")).isFalse();
        assertThat(origins.allow("https://app.example.evil.example")).isFalse();
        assertThat(origins.allow("null")).isFalse();
        assertThat(origins.allow(null)).isFalse();
        assertThat(new Origins(Set.of()).allow("https://app.example")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "app.example",
                "https://",
                "https://app.example/",
                "https://app.example/path",
                "https://u@app.example",
                "ftp://app.example",
                "https://a b",
                "null",
                "https://app.example?q"
            })
    void rejectsTextsThatAreNotOrigins(String origin) {
        assertThatThrownBy(() -> new Origins(Set.of(origin)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claude.cors.allowed-origins");
    }
}
