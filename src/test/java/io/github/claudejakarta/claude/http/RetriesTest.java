package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetriesTest {

    private static final ClaudeException FAILURE = ClaudeException.of(ErrorType.OVERLOADED, "x");

    @ParameterizedTest
    @CsvSource({"1,500", "2,1000", "3,2000", "4,4000", "5,8000", "6,8000", "100,8000"})
    void doublesUpToEightSeconds(int attempts, long millis) {
        assertThat(new Retries(() -> 0).wait(FAILURE, attempts)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @CsvSource({"1,375", "2,750", "5,6000"})
    void isRandomlyReducedByUpToAQuarter(int attempts, long millis) {
        assertThat(new Retries(() -> 1).wait(FAILURE, attempts)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @CsvSource({"1", "1500", "60000"})
    void isTheRetryAfterOfTheAnswer(long millis) {
        assertThat(new Retries(() -> 1).wait(FAILURE.withRetryAfter(Duration.ofMillis(millis)), 1))
                .isEqualTo(Duration.ofMillis(millis));
    }

    @Test
    void ignoresARetryAfterOfMoreThanAMinute() {
        assertThat(new Retries(() -> 0).wait(FAILURE.withRetryAfter(Duration.ofMillis(60_001)), 2))
                .isEqualTo(Duration.ofSeconds(1));
    }
}
