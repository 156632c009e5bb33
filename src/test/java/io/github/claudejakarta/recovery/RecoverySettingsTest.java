package io.github.claudejakarta.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.RecoveryMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecoverySettingsTest {

    private final RecoverySettings settings = RecoverySettings.DEFAULTS;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "claude-opus-4-5",
                "claude-opus-4-5-20251101",
                "claude-sonnet-4-5-20250929",
                "claude-haiku-4-5-20251001",
                "claude-haiku-4-5",
                "claude-opus-4-1-20250805",
                "claude-opus-4-0",
                "claude-opus-4-20250514",
                "claude-sonnet-4-20250514",
                "claude-3-7-sonnet-latest",
                "claude-3-5-haiku-20241022",
                "claude-3-opus-20240229",
                "claude-2.1",
                "claude-instant-1.2",
                "claude-sonnet-4@20250514",
                "us.anthropic.claude-sonnet-4-20250514-v1:0",
                "anthropic.claude-opus-4-5-20251101-v1:0",
                "anthropic.claude-v2:1"
            })
    void olderModelsAcceptAPrefilledTurn(String model) {
        assertThat(settings.acceptsPrefill(model)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "claude-opus-4-6",
                "claude-sonnet-4-6",
                "claude-opus-4-7-20260101",
                "claude-opus-5-5",
                "claude-haiku-5-5",
                "claude-sonnet-5",
                "claude-fable-5-1",
                "claude-mythos-5-2",
                "claude-opus-4-10",
                "anthropic.claude-sonnet-5-5-v1:0",
                "claude-sim-cut",
                "gpt"
            })
    void laterModelsRejectAPrefilledTurn(String model) {
        assertThat(settings.acceptsPrefill(model)).isFalse();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "  "})
    void theConfigurationDecidesForARequestWithoutTheHeader(String header) {
        assertThat(RecoveryMode.of(header, RecoveryMode.CONTINUE)).isEqualTo(RecoveryMode.CONTINUE);
        assertThat(RecoveryMode.of(header, RecoveryMode.OFF)).isEqualTo(RecoveryMode.OFF);
    }

    @Test
    void aRequestMayChooseItsMode() {
        assertThat(RecoveryMode.of("continue", RecoveryMode.OFF)).isEqualTo(RecoveryMode.CONTINUE);
        assertThat(RecoveryMode.of(" OFF ", RecoveryMode.CONTINUE)).isEqualTo(RecoveryMode.OFF);
        assertThatThrownBy(() -> RecoveryMode.of("perhaps", RecoveryMode.OFF))
                .isInstanceOf(ClaudeException.class)
                .hasMessageContaining("stream-recovery: Input should be 'continue' or 'off'");
    }
}
