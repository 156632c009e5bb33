package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StorageEstimateTest {

    private final AtomicLong stored = new AtomicLong();
    private final AtomicInteger measured = new AtomicInteger();
    private final StorageEstimate estimate = new StorageEstimate(() -> {
        measured.incrementAndGet();
        return stored.get();
    });

    @Test
    void fillsUpToTheLimitAndNotBeyond() {
        assertThat(estimate.add(60, 100)).isTrue();
        assertThat(estimate.add(41, 100)).isFalse();
        assertThat(estimate.add(40, 100)).isTrue();
        assertThat(estimate.add(1, 100)).isFalse();
        assertThat(estimate.add(0, 100)).isTrue();
    }

    @Test
    void countsBytesStoredEarlier() {
        stored.set(90);
        estimate.measure();

        assertThat(estimate.add(11, 100)).isFalse();
        assertThat(estimate.add(10, 100)).isTrue();
    }

    @Test
    void aMeasurementReplacesTheEstimate() {
        estimate.add(100, 100);
        stored.set(30);

        estimate.measure();

        assertThat(estimate.add(70, 100)).isTrue();
        assertThat(estimate.add(1, 100)).isFalse();
    }

    @Test
    void isNotMeasuredAgainWithoutSubmissions() {
        estimate.measure();
        estimate.measure();
        assertThat(measured).hasValue(1);

        estimate.add(1, 100);
        estimate.measure();

        assertThat(measured).hasValue(2);
    }

    @Test
    void aRejectedSubmissionCausesAMeasurementToo() {
        stored.set(100);
        estimate.measure();
        assertThat(estimate.add(1, 100)).isFalse();
        stored.set(0);

        estimate.measure();

        assertThat(estimate.add(1, 100)).isTrue();
    }

    @Test
    void aFailedMeasurementDoesNotChangeTheEstimate() {
        var away = new StorageEstimate(() -> {
            throw new IllegalStateException("away");
        });
        away.add(100, 100);

        assertThatIllegalStateException().isThrownBy(away::measure);

        assertThat(away.add(1, 100)).isFalse();
        assertThatIllegalStateException().isThrownBy(away::measure);
    }
}
