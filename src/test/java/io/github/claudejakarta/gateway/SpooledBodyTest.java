package io.github.claudejakarta.gateway;

import static java.nio.file.attribute.PosixFilePermission.OWNER_READ;
import static java.nio.file.attribute.PosixFilePermission.OWNER_WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpooledBodyTest {

    private static final int IN_MEMORY = 64 << 10;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, IN_MEMORY - 1})
    void aSmallBodyStaysInMemory(int length) throws Exception {
        byte[] content = content(length);

        try (var body = SpooledBody.of(new ByteArrayInputStream(content), -1, directory)) {
            assertThat(body.isSpooled()).isFalse();
            assertThat(written(body)).isEqualTo(content);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {IN_MEMORY + 1, 1 << 20, (1 << 20) + 17})
    void aLargeBodyIsWrittenToAFile(int length) throws Exception {
        byte[] content = content(length);

        try (var body = SpooledBody.of(new ByteArrayInputStream(content), length, directory)) {
            assertThat(body.isSpooled()).isTrue();
            assertThat(written(body)).isEqualTo(content);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theFileHasNoNameWhileItIsWrittenAndRead() throws Exception {
        var names = new ArrayList<Path>();
        var content = new ByteArrayInputStream(content(1 << 20)) {
            @Override
            public synchronized int read(byte[] buffer, int offset, int length) {
                names.addAll(names(directory));
                return super.read(buffer, offset, length);
            }
        };

        try (var body = SpooledBody.of(content, -1, directory)) {
            body.write(OutputStream.nullOutputStream());
            names.addAll(names(directory));
            assertThat(openFiles()).as("the file is in the directory").hasSize(1);
        }

        assertThat(names).isEmpty();
        assertThat(openFiles()).isEmpty();
    }

    @Test
    void aBodyThatJustFillsTheMemoryIsComplete() throws Exception {
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
    void aBodyMayArriveInSmallPieces() throws Exception {
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

        assertThat(directory).isEmptyDirectory();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void onlyItsOwnerMayReadTheFile() throws Exception {
        try (var body = SpooledBody.of(new ByteArrayInputStream(content(1 << 20)), -1, directory)) {
            assertThat(openFiles())
                    .singleElement()
                    .satisfies(file -> assertThat(Files.getPosixFilePermissions(file))
                            .containsExactlyInAnyOrder(OWNER_READ, OWNER_WRITE));
        }
    }

    @Test
    void aDirectoryThatIsAbsentIsNotTheCallersFault() {
        var failure = catchThrowableOfType(
                ClaudeException.class,
                () -> SpooledBody.of(new ByteArrayInputStream(content(1 << 20)), -1, directory.resolve("absent")));

        assertThat(failure.status()).isEqualTo(500);
        assertThat(failure.errorMessage()).doesNotContain(directory.toString());
    }

    @Test
    void aBodyWithTooLargeALengthIsNotRead() {
        var unreadable = new InputStream() {
            @Override
            public int read() {
                throw new AssertionError("was read");
            }
        };

        var refusal = catchThrowableOfType(
                ClaudeException.class, () -> SpooledBody.of(unreadable, SpooledBody.MAX_BYTES + 1, directory));

        assertThat(refusal.type()).isEqualTo(ErrorType.REQUEST_TOO_LARGE);
        assertThat(refusal.status()).isEqualTo(413);
    }

    @Test
    void aTooLargeBodyLeavesNoFile() throws Exception {
        var refusal = catchThrowableOfType(
                ClaudeException.class, () -> SpooledBody.of(new Zeros(SpooledBody.MAX_BYTES + 1), -1, directory));

        assertThat(refusal.type()).isEqualTo(ErrorType.REQUEST_TOO_LARGE);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void theLargestBodyIsAccepted() throws Exception {
        var in = new Zeros(SpooledBody.MAX_BYTES);

        try (var body = SpooledBody.of(in, SpooledBody.MAX_BYTES, directory)) {
            var out = new Count();
            body.write(out);
            assertThat(out.bytes).isEqualTo(SpooledBody.MAX_BYTES);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 100, IN_MEMORY, 1 << 20})
    void aBodyThatBreaksOffIsABadRequestAndLeavesNoFile(int length) throws Exception {
        var broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("gone");
            }
        };

        var refusal = catchThrowableOfType(
                ClaudeException.class,
                () -> SpooledBody.of(
                        new SequenceInputStream(new ByteArrayInputStream(content(length)), broken), -1, directory));

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

    private static List<Path> names(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the open files of the directory, also those without a name, by their entries in {@code /proc}. */
    private List<Path> openFiles() {
        return names(Path.of("/proc/self/fd")).stream()
                .filter(this::isInDirectory)
                .toList();
    }

    private boolean isInDirectory(Path open) {
        try {
            return Files.readSymbolicLink(open).startsWith(directory);
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }

    private static final class Count extends OutputStream {

        private long bytes;

        @Override
        public void write(int b) {
            bytes++;
        }

        @Override
        public void write(byte[] buffer, int offset, int length) {
            bytes += length;
        }
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
