package io.github.claudejakarta.gateway;

import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.github.claudejakarta.claude.BomFreeInput;
import io.github.claudejakarta.claude.ByteOrderMark;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The body of a request that may be too large for memory: a small one is kept there, a larger one in a temporary file.
 * It can be written more than once, because an upload may have to be repeated.
 *
 * <p>The file has no name: it is deleted as soon as it is open, so that no prompt stays on the disk when the server is
 * killed. (Windows deletes it when the process ends.) For use by one thread at a time.
 */
final class SpooledBody implements StreamingOutput, Closeable {

    /** Anthropic's limit for a batch, which is 256 MB; read as the larger of the two units. */
    static final long MAX_BYTES = 256L << 20;

    private static final Logger LOG = Logger.getLogger(SpooledBody.class.getName());
    private static final int IN_MEMORY = 64 << 10;
    /** All files together: eight of the largest. */
    private static final long MAX_SPOOLED = 8 * MAX_BYTES;

    private static final AtomicLong SPOOLED = new AtomicLong();
    private static final Duration TRY_AGAIN = Duration.ofSeconds(10);

    private final byte[] head;
    private FileChannel file;
    private long reserved;

    private SpooledBody(byte[] head) {
        this.head = head;
    }

    /**
     * Reads a body to its end, without the byte order mark that it may begin with.
     *
     * @param declaredLength the {@code Content-Length}, or -1
     * @throws ClaudeException {@code request_too_large}; {@code overloaded_error} while too much is spooled
     */
    static SpooledBody of(InputStream in, long declaredLength) {
        return of(in, declaredLength, Path.of(System.getProperty("java.io.tmpdir")));
    }

    /** The same, with its file in a directory of the caller's choice. */
    static SpooledBody of(InputStream in, long declaredLength, Path directory) {
        if (declaredLength > MAX_BYTES) {
            throw tooLarge();
        }
        try {
            var unmarked = new BomFreeInput(in);
            var body = new SpooledBody(unmarked.readNBytes(IN_MEMORY));
            requireUtf8(body.head);
            if (body.head.length == IN_MEMORY) {
                body.spool(unmarked, directory);
            }
            return body;
        } catch (IOException e) {
            throw ClaudeException.of(ErrorType.INVALID_REQUEST, "The request body could not be read")
                    .withCause(e);
        }
    }

    /** Claude reads the body; what would be misread there, or not understood, is said here. */
    private static void requireUtf8(byte[] head) {
        if (ByteOrderMark.isUtf16(head, 0, head.length)) {
            throw ClaudeException.of(ErrorType.INVALID_REQUEST, "The request body is not UTF-8 but UTF-16");
        }
        if (ByteOrderMark.length(head, 0, head.length) > 0) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    "The request body begins with a second byte order mark. Only one is passed over.");
        }
    }

    private void spool(InputStream in, Path directory) throws IOException {
        boolean isWhole = false;
        try {
            file = nameless(directory);
            var buffer = new byte[IN_MEMORY];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                reserve(count);
                keep(buffer, count);
            }
            isWhole = true;
        } finally {
            if (!isWhole) {
                close();
            }
        }
    }

    /** Created for its owner alone; a server that is killed before the next line leaves an empty file. */
    private static FileChannel nameless(Path directory) {
        try {
            Path named = Files.createTempFile(directory, "claude-batch-", ".json");
            try {
                return FileChannel.open(named, READ, WRITE, DELETE_ON_CLOSE);
            } catch (IOException e) {
                Files.delete(named);
                throw e;
            }
        } catch (IOException e) {
            throw notStored(e);
        }
    }

    /** A full disk is not the caller's fault. */
    private void keep(byte[] buffer, int count) {
        try {
            for (var left = ByteBuffer.wrap(buffer, 0, count); left.hasRemaining(); ) {
                file.write(left);
            }
        } catch (IOException e) {
            throw notStored(e);
        }
    }

    private static ClaudeException notStored(IOException e) {
        LOG.log(Level.WARNING, "A request body could not be stored in a temporary file", e);
        return ClaudeException.of(ErrorType.API, "The server could not store the request body in a temporary file")
                .withCause(e);
    }

    private void reserve(int count) {
        reserved += count;
        if (SPOOLED.addAndGet(count) > MAX_SPOOLED) {
            throw ClaudeException.of(ErrorType.OVERLOADED, "This server is passing on as many large batches as it may")
                    .withRetryAfter(TRY_AGAIN);
        }
        if (head.length + reserved > MAX_BYTES) {
            throw tooLarge();
        }
    }

    private static ClaudeException tooLarge() {
        return ClaudeException.of(ErrorType.REQUEST_TOO_LARGE, "Request exceeds the maximum size of 256 MB");
    }

    @Override
    public void write(OutputStream out) throws IOException {
        new ByteArrayInputStream(head).transferTo(out);
        if (file != null) {
            file.position(0);
            // Not closed: that would close the file.
            Channels.newInputStream(file).transferTo(out);
        }
    }

    /** Whether it is in a file, for tests. */
    boolean isSpooled() {
        return file != null;
    }

    @Override
    public void close() throws IOException {
        SPOOLED.addAndGet(-reserved);
        reserved = 0;
        if (file != null) {
            file.close();
        }
    }
}
