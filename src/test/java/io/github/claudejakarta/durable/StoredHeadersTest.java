package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoredHeadersTest {

    @Test
    void onlyAnthropicHeadersAreStored() {
        var stored = StoredHeaders.of(Map.of(
                "anthropic-beta",
                "a,b",
                "anthropic-version",
                "2023-06-01",
                "x-api-key",
                "sk-secret",
                "authorization",
                "Bearer secret",
                "x-anthropic-beta",
                "no",
                "user-agent",
                "me"));

        assertThat(stored.values()).isEqualTo(Map.of("anthropic-beta", "a,b", "anthropic-version", "2023-06-01"));
        assertThat(stored.json()).isEqualTo("{\"anthropic-beta\":\"a,b\",\"anthropic-version\":\"2023-06-01\"}");
    }

    @Test
    void headersAreReadAsTheyWereWritten() {
        var stored = new StoredHeaders(Map.of("anthropic-beta", "\"quoted\", \\ and \u00e4"));

        assertThat(StoredHeaders.parse(stored.json())).isEqualTo(stored);
        assertThat(StoredHeaders.parse(StoredHeaders.NONE.json())).isEqualTo(StoredHeaders.NONE);
    }

    @Test
    void headersMayBeLong() {
        assertThat(StoredHeaders.of(Map.of("anthropic-beta", "x".repeat(3_900)))
                        .values()
                        .get("anthropic-beta"))
                .hasSize(3_900);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "\"", "\\"})
    void headersFitIntoTheirColumnOrAreRejected(String character) {
        for (int length = 1_000; length < 4_500; length += 50) {
            Map<String, String> headers = Map.of("anthropic-beta", character.repeat(length));
            var refusal = catchThrowableOfType(
                    ClaudeException.class,
                    () -> assertThat(StoredHeaders.of(headers).json().length()).isLessThanOrEqualTo(4_000));
            if (refusal != null) {
                assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
                assertThat(refusal.errorMessage()).contains("anthropic-");
            }
        }
        assertThat(catchThrowableOfType(
                        ClaudeException.class, () -> StoredHeaders.of(Map.of("anthropic-beta", "x".repeat(4_000)))))
                .isNotNull();
    }
}
