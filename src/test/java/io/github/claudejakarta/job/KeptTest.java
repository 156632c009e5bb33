package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class KeptTest {

    private final AtomicLong stored = new AtomicLong();
    private final AtomicInteger measured = new AtomicInteger();
    private final Kept kept = new Kept(() -> {
        measured.incrementAndGet();
        return stored.get();
    });

    @Test
    void fillsUpToTheLimitAndNotBeyond() {
        assertThat(kept.add(60, 100)).isTrue();
        assertThat(kept.add(41, 100)).isFalse();
        assertThat(kept.add(40, 100)).isTrue();
        assertThat(kept.add(1, 100)).isFalse();
        assertThat(kept.add(0, 100)).isTrue();
    }

    @Test
    void countsWhatWasThereBefore() {
        stored.set(90);
        kept.measure();

        assertThat(kept.add(11, 100)).isFalse();
        assertThat(kept.add(10, 100)).isTrue();
    }

    @Test
    void whatWasMeasuredReplacesWhatWasCounted() {
        kept.add(100, 100);
        stored.set(30);

        kept.measure();

        assertThat(kept.add(70, 100)).isTrue();
        assertThat(kept.add(1, 100)).isFalse();
    }

    @Test
    void isNotMeasuredAgainWhileNobodyAsks() {
        kept.measure();
        kept.measure();
        assertThat(measured).hasValue(1);

        kept.add(1, 100);
        kept.measure();

        assertThat(measured).hasValue(2);
    }

    @Test
    void aRefusalIsAskingToo() {
        stored.set(100);
        kept.measure();
        assertThat(kept.add(1, 100)).isFalse();
        stored.set(0);

        kept.measure();

        assertThat(kept.add(1, 100)).isTrue();
    }

    @Test
    void whatCannotBeMeasuredStaysAsItWas() {
        var away = new Kept(() -> {
            throw new IllegalStateException("away");
        });
        away.add(100, 100);

        assertThatIllegalStateException().isThrownBy(away::measure);

        assertThat(away.add(1, 100)).isFalse();
        assertThatIllegalStateException().isThrownBy(away::measure);
    }
}
