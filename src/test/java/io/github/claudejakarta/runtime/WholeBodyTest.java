package io.github.claudejakarta.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WholeBodyTest {

    private static final int LIMIT = 5_000_000;

    /** The largest and the last reservation. */
    private static final class Noted implements MemoryReservation {

        private final List<Long> taken = new ArrayList<>(List.of(0L));

        @Override
        public void atLeast(long bytes) {
            taken.add(Math.max(bytes, last()));
        }

        @Override
        public void atMost(long bytes) {
            taken.add(Math.min(bytes, last()));
        }

        long last() {
            return taken.get(taken.size() - 1);
        }

        long most() {
            return taken.stream().mapToLong(Long::longValue).max().orElse(0);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8_191, 8_192, 8_193, 16_384, 100_000, 1_048_576, 3_000_000, LIMIT})
    void readsAllBytesAndReservesTheirMemory(int length) throws Exception {
        byte[] body = random(length);
        var known = new Noted();
        var unknown = new Noted();

        assertThat(WholeBody.read(dripping(body), length, LIMIT, known)).isEqualTo(body);
        assertThat(WholeBody.read(dripping(body), -1, LIMIT, unknown)).isEqualTo(body);

        assertThat(known.most()).isEqualTo(length);
        assertThat(known.last()).isEqualTo(length);
        assertThat(unknown.most()).isBetween(2L * length, 3L * length + (8 << 10));
        assertThat(unknown.last()).isEqualTo(length);
    }

    @Test
    void stopsAfterOneByteTooMany() throws Exception {
        assertThat(WholeBody.read(
                        new ByteArrayInputStream(random(LIMIT + 1000)), -1, LIMIT, MemoryReservation.UNLIMITED))
                .hasSize(LIMIT + 1);
    }

    @Test
    void aBodyShorterThanDeclaredIsReturned() throws Exception {
        byte[] body = random(10);

        assertThat(WholeBody.read(new ByteArrayInputStream(body), 20, LIMIT, MemoryReservation.UNLIMITED))
                .isEqualTo(body);
    }

    @Test
    void memoryIsReservedBeforeItIsAllocated() {
        var refusal = new IllegalStateException("full");
        MemoryReservation full = new MemoryReservation() {

            @Override
            public void atLeast(long bytes) {
                throw refusal;
            }

            @Override
            public void atMost(long bytes) {
                // nothing is reserved
            }
        };
        var unread = new InputStream() {

            @Override
            public int read() {
                throw new AssertionError("was read");
            }
        };

        assertThatThrownBy(() -> WholeBody.read(unread, 10, LIMIT, full)).isSameAs(refusal);
        assertThatThrownBy(() -> WholeBody.read(unread, -1, LIMIT, full)).isSameAs(refusal);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** Returns fewer bytes than a read requests. */
    private static InputStream dripping(byte[] body) {
        return new FilterInputStream(new ByteArrayInputStream(body)) {

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                return super.read(buffer, offset, Math.min(length, 1_000));
            }
        };
    }
}
