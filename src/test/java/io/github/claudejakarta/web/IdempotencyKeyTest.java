package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdempotencyKeyTest {

    static Stream<String> keys() {
        return Stream.of("k", "order-17", "x".repeat(255), " with spaces ", "8e03978e-40d5-43e8-bc93-6894a57f9324");
    }

    @ParameterizedTest
    @MethodSource("keys")
    void isUsedUnchanged(String key) {
        assertThat(IdempotencyKey.of(key)).contains(key);
    }

    @Test
    void theHeaderMayBeMissing() {
        assertThat(IdempotencyKey.of(null)).isEmpty();
    }

    static Stream<String> bad() {
        return Stream.of("x".repeat(256));
    }

    @ParameterizedTest
    @MethodSource("bad")
    @ValueSource(strings = {"", " ", "\t"})
    void isRejectedIfItCannotBeStored(String key) {
        var refusal = catchThrowableOfType(ClaudeException.class, () -> IdempotencyKey.of(key));

        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.errorMessage())
                .isEqualTo("Idempotency-Key: the key must have 1 to 255 characters, and must not be blank");
    }
}
