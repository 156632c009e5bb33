package io.github.claudejakarta.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpooledBodyTest {

    private static final int IN_MEMORY = 64 << 10;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, IN_MEMORY - 1})
    void aSmallOneStaysInMemory(int length) throws Exception {
        byte[] content = content(length);

        try (var body = SpooledBody.of(new ByteArrayInputStream(content), -1, directory)) {
            assertThat(body.file()).isNull();
            assertThat(written(body)).isEqualTo(content);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {IN_MEMORY + 1, 1 << 20, (1 << 20) + 17})
    void aLargeOneGoesToAFileThatIsGoneAfterwards(int length) throws Exception {
        byte[] content = content(length);
        var body = SpooledBody.of(new ByteArrayInputStream(content), length, directory);
        assertThat(body.file()).exists();
        assertThat(written(body)).isEqualTo(content);

        body.close();

        assertThat(body.file()).doesNotExist();
    }

    @Test
    void theFileIsATemporaryOne() throws Exception {
        try (var body = SpooledBody.of(new ByteArrayInputStream(content(1 << 20)), -1)) {
            assertThat(body.file()).hasParentRaw(Path.of(System.getProperty("java.io.tmpdir")));
        }
    }

    @Test
    void oneThatJustFillsTheMemoryIsWholeToo() throws Exception {
        byte[] content = content(IN_MEMORY);

        try (var body = SpooledBody.of(new ByteArrayInputStream(content), -1, directory)) {
            assertThat(written(body)).isEqualTo(content);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 1 << 20})
    void canBeWrittenAgain(int length) throws Exception {
        byte[] content = content(length);

        try (var body = SpooledBody.of(new ByteArrayInputStream(content), -1, directory)) {
            assertThat(written(body)).isEqualTo(content);
            assertThat(written(body)).isEqualTo(content);
        }
    }

    @Test
    void mayComeInSmallPieces() throws Exception {
        byte[] content = content(200_000);
        var pieces = new ByteArrayInputStream(content) {
            @Override
            public synchronized int read(byte[] buffer, int offset, int length) {
                return super.read(buffer, offset, Math.min(length, 1_000));
            }
        };

        try (var body = SpooledBody.of(pieces, -1, directory)) {
            assertThat(written(body)).isEqualTo(content);
        }
    }

    @Test
    void canBeClosedTwice() throws Exception {
        var body = SpooledBody.of(new ByteArrayInputStream(content(1 << 20)), -1, directory);

        body.close();
        body.close();

        assertThat(body.file()).doesNotExist();
    }

    @Test
    void onlyItsOwnerMayReadTheFile() throws Exception {
        try (var body = SpooledBody.of(new ByteArrayInputStream(content(1 << 20)), -1, directory)) {
            assertThat(Files.getPosixFilePermissions(body.file())).allMatch(permission -> permission.name().startsWith("OWNER_"));
        }
    }

    @Test
    void oneThatSaysItIsTooLargeIsNotRead() {
        var unreadable = new InputStream() {
            @Override
            public int read() {
                throw new AssertionError("was read");
            }
        };

        var refusal = catchThrowableOfType(ClaudeException.class, () -> SpooledBody.of(unreadable, SpooledBody.MAX_BYTES + 1, directory));

        assertThat(refusal.type()).isEqualTo(ErrorType.REQUEST_TOO_LARGE);
        assertThat(refusal.status()).isEqualTo(413);
    }

    @Test
    void oneThatTurnsOutTooLargeLeavesNoFile() throws Exception {
        var refusal = catchThrowableOfType(ClaudeException.class, () -> SpooledBody.of(new Zeros(SpooledBody.MAX_BYTES + 1), -1, directory));

        assertThat(refusal.type()).isEqualTo(ErrorType.REQUEST_TOO_LARGE);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void theLargestPasses() throws Exception {
        var in = new Zeros(SpooledBody.MAX_BYTES);

        try (var body = SpooledBody.of(in, SpooledBody.MAX_BYTES, directory)) {
            assertThat(Files.size(body.file())).isEqualTo(SpooledBody.MAX_BYTES - IN_MEMORY);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 100, IN_MEMORY, 1 << 20})
    void oneThatBreaksOffIsABadRequestAndLeavesNoFile(int length) throws Exception {
        var broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("gone");
            }
        };

        var refusal = catchThrowableOfType(ClaudeException.class,
            () -> SpooledBody.of(new SequenceInputStream(new ByteArrayInputStream(content(length)), broken), -1, directory));

        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(directory).isEmptyDirectory();
    }

    private static byte[] written(SpooledBody body) throws IOException {
        var out = new ByteArrayOutputStream();
        body.write(out);
        return out.toByteArray();
    }

    private static byte[] content(int length) {
        byte[] content = new byte[length];
        for (int i = 0; i < length; i++) {
            content[i] = (byte) (i * 31 + i / 257);
        }
        return content;
    }

    private static final class Zeros extends InputStream {

        private long left;

        Zeros(long length) {
            left = length;
        }

        @Override
        public int read() {
            return left-- > 0 ? 0 : -1;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            int count = (int) Math.min(length, left);
            Arrays.fill(buffer, offset, offset + count, (byte) 0);
            left -= count;
            return count == 0 && length > 0 ? -1 : count;
        }
    }
}
