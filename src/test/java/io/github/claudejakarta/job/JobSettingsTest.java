package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.claudejakarta.claude.RecoveryMode;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobSettingsTest {

    @Test
    void defaultsAreAsDocumented() {
        JobSettings settings = settings("20,8,PT10S,PT10M,PT5S,P7D,1000");

        assertThat(settings.canRunUnattended()).isTrue();
        assertThat(settings.maxConcurrent()).isEqualTo(20);
        assertThat(settings.maxAttempts()).isEqualTo(8);
        assertThat(settings.backoff()).isEqualTo(Duration.ofSeconds(10));
        assertThat(settings.maxBackoff()).isEqualTo(Duration.ofMinutes(10));
        assertThat(settings.heartbeat()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings.retention()).isEqualTo(Duration.ofDays(7));
        assertThat(settings.maxBytes()).isEqualTo(1_000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1,1,PT0.001S,PT0.001S,PT0.001S,PT0.001S,1",
                "2147483647,2147483647,P1D,P1D,P1D,P9999D,9223372036854775807"
            })
    void valuesMayReachTheirLimits(String values) {
        assertThatCode(() -> settings(values)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0,8,PT10S,PT10M,PT5S,P7D,1000|claude.job.max-concurrent",
                "-1,8,PT10S,PT10M,PT5S,P7D,1000|claude.job.max-concurrent",
                "20,0,PT10S,PT10M,PT5S,P7D,1000|claude.job.max-attempts",
                "20,8,PT0S,PT10M,PT5S,P7D,1000|claude.job.backoff",
                "20,8,PT-1S,PT10M,PT5S,P7D,1000|claude.job.backoff",
                "20,8,PT10S,PT9.999S,PT5S,P7D,1000|claude.job.max-backoff",
                "20,8,PT10S,PT10M,PT0S,P7D,1000|claude.job.heartbeat",
                "20,8,PT10S,PT10M,PT-5S,P7D,1000|claude.job.heartbeat",
                "20,8,PT10S,PT10M,PT5S,PT0S,1000|claude.job.retention",
                "20,8,PT10S,PT10M,PT5S,P7D,0|claude.job.max-bytes"
            })
    void invalidValuesAreRejectedWithTheKey(String values, String key) {
        assertThatIllegalArgumentException().isThrownBy(() -> settings(values)).withMessageStartingWith(key + " must ");
    }

    private static JobSettings settings(String values) {
        String[] value = values.split(",");
        return new JobSettings(
                true,
                Integer.parseInt(value[0]),
                Integer.parseInt(value[1]),
                Duration.parse(value[2]),
                Duration.parse(value[3]),
                Duration.parse(value[4]),
                Duration.parse(value[5]),
                Long.parseLong(value[6]),
                RecoveryMode.CONTINUE);
    }
}
