package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetriesTest {

    private static final int PAUSES = 10;
    private static final double LARGEST_CHANCE = Math.nextDown(1.0);

    @Test
    void areFrequentAtFirstAndThenRare() {
        List<Duration> pauses = pauses(0);

        assertThat(pauses.get(0)).isEqualTo(Duration.ofSeconds(5));
        assertThat(pauses).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void lastForADay() {
        assertThat(sum(pauses(0))).isBetween(Duration.ofHours(23), Duration.ofHours(24));
        assertThat(sum(pauses(LARGEST_CHANCE))).isBetween(Duration.ofHours(24), Duration.ofHours(30));
    }

    @Test
    void endAfterTheLastPause() {
        assertThat(pause(0, PAUSES, null)).isPresent();
        assertThat(pause(0, PAUSES + 1, null)).isEmpty();
        assertThat(pause(0, PAUSES + 2, null)).isEmpty();
    }

    @Test
    void endEvenIfTheReceiverRequestsAPause() {
        assertThat(pause(0, PAUSES + 1, "PT1M")).isEmpty();
    }

    @Test
    void areDelayedByJitterAndNeverEarlier() {
        for (int failures = 1; failures <= PAUSES; failures++) {
            Duration least = pause(0, failures, null).orElseThrow();
            Duration most = pause(LARGEST_CHANCE, failures, null).orElseThrow();

            assertThat(pause(0.5, failures, null))
                    .contains(least.plus(most.minus(least).dividedBy(2)));
            assertThat(most).isEqualTo(least.plus(least.dividedBy(4)));
        }
    }

    @ParameterizedTest
    @CsvSource({"PT10S,PT10S", "PT1H,PT1H", "PT6H,PT6H", "PT6H1S,PT6H", "P30D,PT6H"})
    void obeyThePauseOfTheReceiverUpToSixHours(Duration requested, Duration waited) {
        assertThat(pause(0, 1, requested.toString())).contains(waited);
    }

    @ParameterizedTest
    @CsvSource({"PT0S", "PT1S", "PT5S"})
    void aShorterPauseOfTheReceiverIsIgnored(Duration requested) {
        assertThat(pause(0, 1, requested.toString())).contains(Duration.ofSeconds(5));
        assertThat(pause(0, PAUSES, requested.toString())).contains(Duration.ofHours(10));
    }

    @Test
    void mayWaitLongerThanSixHoursByTheSchedule() {
        assertThat(pause(0, PAUSES, "PT7H")).contains(Duration.ofHours(10));
    }

    private static List<Duration> pauses(double chance) {
        return IntStream.rangeClosed(1, PAUSES)
                .mapToObj(failures -> pause(chance, failures, null).orElseThrow())
                .toList();
    }

    private static Optional<Duration> pause(double chance, int failures, String requested) {
        return new Retries(() -> chance)
                .pause(failures, Optional.ofNullable(requested).map(Duration::parse));
    }

    private static Duration sum(List<Duration> durations) {
        return durations.stream().reduce(Duration.ZERO, Duration::plus);
    }
}
