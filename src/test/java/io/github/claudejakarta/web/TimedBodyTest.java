package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimedBodyTest {

    private static final int RATE = (int) TimedBody.BYTES_A_SECOND;

    private final AtomicLong now = new AtomicLong(-5);

    @Test
    void aBodyThatArrivesInTimeIsRead() throws IOException {
        TimedBody body = body(10, Duration.ofSeconds(3));

        assertThat(body.readAllBytes()).hasSize(10);
        assertThat(body.markSupported()).isFalse();
    }

    @Test
    void aBodyOfFewBytesPerSecondIsTooSlow() throws IOException {
        TimedBody body = body(1000, Duration.ofSeconds(4));

        for (int i = 0; i < 7; i++) {
            assertThat(body.read()).isZero();
        }
        ClaudeException refusal = catchThrowableOfType(ClaudeException.class, body::read);

        assertThat(refusal.status()).isEqualTo(408);
        assertThat(refusal.type()).isEqualTo(ErrorType.TIMEOUT);
        assertThat(refusal.errorMessage()).contains("8 bytes in 32 s");
    }

    /** The time-out of the server may expire first. */
    @Test
    void theServersOwnTimeOutIsTooSlow() {
        var silent = new InputStream() {
            @Override
            public int read() throws IOException {
                now.addAndGet(Duration.ofSeconds(30).toNanos());
                throw new SocketTimeoutException("Async operation timed out");
            }
        };

        ClaudeException refusal = catchThrowableOfType(
                ClaudeException.class, new TimedBody(silent, Duration.ofSeconds(50), now::get)::read);

        assertThat(refusal.status()).isEqualTo(408);
        assertThat(refusal.errorMessage()).contains("0 bytes in 30 s");
    }

    @Test
    void aLongBodyMayTakeLongWhileItKeepsArriving() throws IOException {
        TimedBody body = body(100 * RATE, Duration.ofSeconds(1));
        var buffer = new byte[RATE];

        for (int i = 0; i < 100; i++) {
            assertThat(body.read(buffer, 0, buffer.length)).isEqualTo(RATE);
        }
        now.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(body.read()).as("the end, however late").isEqualTo(-1);
        assertThat(body.read(buffer, 0, 1)).isEqualTo(-1);
    }

    @Test
    void timeBetweenReadsDoesNotCount() throws IOException {
        TimedBody body = body(3, Duration.ofSeconds(10));

        for (int i = 0; i < 3; i++) {
            assertThat(body.read()).isZero();
            now.addAndGet(Duration.ofHours(1).toNanos());
            assertThat(body.isTooSlow()).isFalse();
        }
        assertThat(body.read()).isEqualTo(-1);
    }

    /** Another thread checks while the read hangs. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aReadThatHangsIsTooSlow(boolean looksLikeTheEnd) {
        var timeouts = new ArrayList<Boolean>();
        var body = new AtomicReference<TimedBody>();
        InputStream hanging = new InputStream() {

            @Override
            public int read() throws IOException {
                for (int i = 0; i < 2; i++) {
                    now.addAndGet(Duration.ofSeconds(20).toNanos());
                    timeouts.add(body.get().isTooSlow());
                }
                if (looksLikeTheEnd) {
                    return -1;
                }
                throw new IOException("ended");
            }
        };
        body.set(new TimedBody(hanging, Duration.ofSeconds(30), now::get));

        ClaudeException refusal = catchThrowableOfType(ClaudeException.class, body.get()::read);

        assertThat(timeouts).containsExactly(false, true);
        assertThat(refusal.errorMessage()).contains("0 bytes in 40 s");
    }

    /** Returns a body of zeros, each read of which takes this long. */
    private TimedBody body(int length, Duration each) {
        InputStream slow = new ByteArrayInputStream(new byte[length]) {

            @Override
            public int read() {
                now.addAndGet(each.toNanos());
                return super.read();
            }

            @Override
            public int read(byte[] buffer, int offset, int count) {
                now.addAndGet(each.toNanos());
                return super.read(buffer, offset, count);
            }
        };
        return new TimedBody(slow, Duration.ofSeconds(30), now::get);
    }
}
