package io.github.claudejakarta.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {

    private static final Duration FIRST = Duration.ofSeconds(10);
    private static final Duration LIMIT = Duration.ofMinutes(1);

    @ParameterizedTest
    @CsvSource({"0,5", "1,10", "2,20", "3,40", "4,60", "5,60", "5000,60"})
    void doublesUpToTheLimit(int failures, long seconds) {
        assertThat(new Backoff(FIRST, LIMIT, Jitter.NONE).wait(failures)).isEqualTo(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @CsvSource({"0,20000", "0.5,17500", "1,15000"})
    void jitterShortensWaits(double chance, long millis) {
        assertThat(new Backoff(FIRST, LIMIT, Jitter.shorter(0.25, () -> chance)).wait(2))
                .isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @CsvSource({"0,60", "0.5,90", "1,120"})
    void jitterLengthensWaitsBeyondTheLimit(double chance, long seconds) {
        assertThat(new Backoff(FIRST, LIMIT, Jitter.longer(1, () -> chance)).wait(9))
                .isEqualTo(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @CsvSource({"1,10", "2,10"})
    void aLimitBelowTheFirstWaitAppliesToTheFirstWait(int failures, long millis) {
        assertThat(new Backoff(FIRST, Duration.ofMillis(10), Jitter.NONE).wait(failures))
                .isEqualTo(Duration.ofMillis(millis));
    }
}
