package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchSettingsTest {

    private static final String USUAL = "PT5S,PT60S,10,100000,256000000,0,PT60S,P30D,1000";

    @Test
    void haveTheValuesOfTheirConfiguration() {
        var settings = settings(USUAL);

        assertThat(settings.canRunUnattended()).isTrue();
        assertThat(settings.pollInterval()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings.maxBytes()).isEqualTo(1_000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PT1S,PT1S,10,100000,256000000,0,PT60S,P30D,1000",
                "PT0.001S,PT60S,1,1,1000,100,PT0.001S,PT1S,1",
                "PT5S,PT60S,2147483647,100000,256000000,0,PT60S,P30D,9223372036854775807"
            })
    void mayHaveTheValuesOfTheirLimits(String values) {
        assertThatCode(() -> settings(values)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PT0S,PT60S,10,100000,256000000,0,PT60S,P30D,1000|claude.batch.poll-interval",
                "PT-1S,PT60S,10,100000,256000000,0,PT60S,P30D,1000|claude.batch.poll-interval",
                "PT5S,PT4.999S,10,100000,256000000,0,PT60S,P30D,1000|claude.batch.max-poll-interval",
                "PT5S,PT60S,0,100000,256000000,0,PT60S,P30D,1000|claude.batch.max-concurrent",
                "PT5S,PT60S,10,0,256000000,0,PT60S,P30D,1000|claude.batch.max-part-requests",
                "PT5S,PT60S,10,100001,256000000,0,PT60S,P30D,1000|claude.batch.max-part-requests",
                "PT5S,PT60S,10,100000,999,0,PT60S,P30D,1000|claude.batch.max-part-bytes",
                "PT5S,PT60S,10,100000,256000001,0,PT60S,P30D,1000|claude.batch.max-part-bytes",
                "PT5S,PT60S,10,100000,256000000,-1,PT60S,P30D,1000|claude.batch.resubmit-expired",
                "PT5S,PT60S,10,100000,256000000,101,PT60S,P30D,1000|claude.batch.resubmit-expired",
                "PT5S,PT60S,10,100000,256000000,0,PT0S,P30D,1000|claude.batch.lookup",
                "PT5S,PT60S,10,100000,256000000,0,PT60S,PT0S,1000|claude.batch.retention",
                "PT5S,PT60S,10,100000,256000000,0,PT60S,P30D,0|claude.batch.max-bytes"
            })
    void valuesBeyondTheLimitsAreRejectedWithTheirKey(String values, String key) {
        assertThatIllegalArgumentException().isThrownBy(() -> settings(values)).withMessageStartingWith(key + " must ");
    }

    private static BatchSettings settings(String values) {
        String[] value = values.split(",");
        return new BatchSettings(
                true,
                Duration.parse(value[0]),
                Duration.parse(value[1]),
                Integer.parseInt(value[2]),
                Integer.parseInt(value[3]),
                Long.parseLong(value[4]),
                Integer.parseInt(value[5]),
                Duration.parse(value[6]),
                Duration.parse(value[7]),
                Long.parseLong(value[8]));
    }
}
