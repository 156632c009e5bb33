package io.github.claudejakarta.socket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameWriterTest {

    private static final Runnable NOBODY = () -> {};

    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final FrameWriter writer = new FrameWriter(sent::write, () -> 41);

    @ParameterizedTest
    @ValueSource(ints = {0, 125, 126, 8_181, 8_182, 8_192, 65_535, 65_536, 100_000})
    void aMessageIsOneFrame(int length) throws IOException {
        writer.text("z".repeat(length), NOBODY);

        byte[] bytes = sent.toByteArray();
        assertThat(bytes[0]).isEqualTo((byte) 0x81);
        int header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
        long read = bytes[1];
        if (header > 2) {
            read = 0;
            for (int i = 2; i < header; i++) {
                read = read << 8 | bytes[i] & 0xFF;
            }
        }
        assertThat(read).isEqualTo(length);
        assertThat(new String(bytes, header, bytes.length - header, UTF_8)).isEqualTo("z".repeat(length));
    }

    @Test
    void progressIsReportedWithinAFrame() throws IOException {
        var progress = new AtomicInteger();
        writer.text("z".repeat(40_000), progress::incrementAndGet);
        assertThat(progress.get()).isGreaterThan(3);
        assertThat(writer.writingSince()).isZero();
    }

    @Test
    void nothingFollowsACloseFrame() throws Exception {
        assertThat(writer.close(CloseCode.TRY_AGAIN_LATER, "overloaded_error", Duration.ofSeconds(30)))
                .isTrue();
        assertThat(writer.close(CloseCode.NORMAL, "", Duration.ofSeconds(30))).isTrue();
        writer.pong(new byte[0]);

        assertThat(sent.toByteArray())
                .startsWith(0x88, 2 + "overloaded_error".length(), 1013 >> 8, 1013 & 0xFF)
                .hasSize(4 + "overloaded_error".length());
        assertThatThrownBy(() -> writer.text("a", NOBODY)).isInstanceOf(IOException.class);
        assertThatThrownBy(writer::ping).isInstanceOf(IOException.class);
    }

    /** A client that sends pings and reads nothing must not hold the thread that listens to it. */
    @Test
    void aPingIsAnsweredAfterTheFrameThatIsBeingWritten() throws Exception {
        var isWriting = new CountDownLatch(1);
        var mayContinue = new CountDownLatch(1);
        var stuck = new FrameWriter(
                (bytes, offset, length) -> {
                    if (sent.size() == 0) {
                        isWriting.countDown();
                        await(mayContinue);
                    }
                    sent.write(bytes, offset, length);
                },
                () -> 41);
        var thread = new Thread(() -> {
            try {
                stuck.text("a", NOBODY);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        thread.start();
        await(isWriting);

        stuck.pong("1".getBytes(UTF_8));
        stuck.pong("2".getBytes(UTF_8));
        assertThat(stuck.writingSince()).isEqualTo(41);
        assertThat(stuck.close(CloseCode.NORMAL, "", Duration.ofMillis(1)))
                .as("closed while another frame is written")
                .isFalse();
        mayContinue.countDown();
        thread.join(TimeUnit.SECONDS.toMillis(60));

        assertThat(sent.toByteArray()).isEqualTo(new byte[] {(byte) 0x81, 1, 'a', (byte) 0x8A, 1, '2'});
        assertThat(stuck.writingSince()).isZero();
    }

    @Test
    void nothingFollowsAFrameThatWasWrittenInPart() throws Exception {
        var failing = new FrameWriter(
                (bytes, offset, length) -> {
                    if (sent.size() > 0) {
                        throw new IOException("The connection is closed");
                    }
                    sent.write(bytes, offset, length);
                },
                () -> 41);
        assertThatThrownBy(() -> failing.text("z".repeat(9_000), NOBODY)).isInstanceOf(IOException.class);
        int part = sent.size();
        sent.reset();

        failing.pong(new byte[0]);
        assertThatThrownBy(() -> failing.text("a", NOBODY)).hasMessage("The socket is closed");
        assertThat(failing.close(CloseCode.NORMAL, "", Duration.ofSeconds(30)))
                .as("closed in good order")
                .isFalse();
        assertThat(part).isPositive();
        assertThat(sent.size()).isZero();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aLongReasonIsCut() throws Exception {
        writer.close(CloseCode.NORMAL, "r".repeat(200), Duration.ofSeconds(30));
        assertThat(Arrays.copyOf(sent.toByteArray(), 2)).isEqualTo(new byte[] {(byte) 0x88, 125});
        assertThat(sent.size()).isEqualTo(127);
    }
}
