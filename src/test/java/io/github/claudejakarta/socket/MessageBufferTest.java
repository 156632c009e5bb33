package io.github.claudejakarta.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageBufferTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1_024, 8_192, 300_000})
    void piecesMakeTheWhole(int most) {
        var random = new Random(most);
        var whole = new byte[1_000_003];
        random.nextBytes(whole);
        var collected = new MessageBuffer();
        for (int at = 0; at < whole.length; ) {
            int count = Math.min(1 + random.nextInt(most), whole.length - at);
            collected.add(whole, at, count);
            at += count;
        }
        assertThat(collected.length()).isEqualTo(whole.length);
        assertThat(collected.join()).isEqualTo(whole);
        assertThat(collected.length()).isZero();
    }

    @Test
    void growthIsKnownInAdvance() {
        var collected = new MessageBuffer();
        long before = 0;
        for (int i = 0; i < 5_000; i++) {
            long with = collected.capacityWith(700);
            collected.add(new byte[700], 0, 700);
            assertThat(collected.capacityWith(0))
                    .isEqualTo(with)
                    .isGreaterThanOrEqualTo(collected.length())
                    .isGreaterThanOrEqualTo(before);
            assertThat(with)
                    .as("at most a small part stays unused")
                    .isLessThanOrEqualTo(
                            Math.max(1_024, Math.min(2 * collected.length(), collected.length() + (256 << 10))));
            before = with;
        }
    }

    @Test
    void aPieceCountsWhole() {
        var collected = new MessageBuffer();
        assertThat(collected.capacityWith(1)).isEqualTo(1_024);
        collected.add(new byte[1], 0, 1);
        assertThat(collected.capacityWith(1_023)).isEqualTo(1_024);
        assertThat(collected.capacityWith(1_024)).isEqualTo(2_048);
    }

    @Test
    void anEmptyBufferNeedsNoMemory() {
        assertThat(new MessageBuffer().capacityWith(0)).isZero();
        assertThat(new MessageBuffer().join()).isEmpty();
    }
}
