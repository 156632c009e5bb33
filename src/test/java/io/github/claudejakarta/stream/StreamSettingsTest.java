package io.github.claudejakarta.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class StreamSettingsTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void theRetentionMayBeZero() {
        assertThat(new StreamSettings(Duration.ZERO, SECOND, SECOND, 1, 1).retention())
                .isZero();
    }

    @Test
    void nameTheKeyOfAnInvalidValue() {
        assertWrong("claude.stream.retention", SECOND.negated(), SECOND, SECOND, 1, 1);
        assertWrong("claude.stream.heartbeat", SECOND, Duration.ZERO, SECOND, 1, 1);
        assertWrong("claude.stream.write-timeout", SECOND, SECOND, Duration.ZERO, 1, 1);
        assertWrong("claude.stream.max-bytes", SECOND, SECOND, SECOND, 0, 1);
        assertWrong("claude.stream.max-watchers", SECOND, SECOND, SECOND, 1, 0);
    }

    private static void assertWrong(
            String key, Duration retention, Duration heartbeat, Duration write, long bytes, int watchers) {
        assertThatThrownBy(() -> new StreamSettings(retention, heartbeat, write, bytes, watchers))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(key);
    }
}
