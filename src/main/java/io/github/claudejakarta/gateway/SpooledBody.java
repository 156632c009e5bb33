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
 * The body of a request that may be too large for memory. A small body is kept in memory, a larger one in a temporary
 * file. It can be written more than once, because an upload may have to be retried.
 *
 * <p>The file is deleted as soon as it is open, so that no prompt stays on the disk if the server is killed. (Windows
 * deletes it when the process ends.)
 *
 * <p>For use by one thread at a time.
 */
final class SpooledBody implements StreamingOutput, Closeable {

    /** Anthropic's limit of a message batch: 256 MB, here in the larger of the two units. */
    static final long MAX_BYTES = 256L << 20;

    private static final Logger LOG = Logger.getLogger(SpooledBody.class.getName());
    private static final int MEMORY_BYTES = 64 << 10;
    /** The limit of all files together: eight bodies of the largest size. */
    private static final long MAX_SPOOLED = 8 * MAX_BYTES;

    private static final AtomicLong SPOOLED = new AtomicLong();
    private static final Duration RETRY_AFTER = Duration.ofSeconds(10);

    private final byte[] head;
    private FileChannel file;
    private long reserved;

    private SpooledBody(byte[] head) {
        this.head = head;
    }

    /**
     * Reads a body to its end. A byte order mark at its start is skipped.
     *
     * @param declaredLength the {@code Content-Length}, or -1
     * @throws ClaudeException {@code request_too_large}; {@code overloaded_error} if the temporary files have reached
     *     their limit
     */
    static SpooledBody of(InputStream in, long declaredLength) {
        return of(in, declaredLength, Path.of(System.getProperty("java.io.tmpdir")));
    }

    /** Reads a body to its end, with its temporary file in this directory. */
    static SpooledBody of(InputStream in, long declaredLength, Path directory) {
        if (declaredLength > MAX_BYTES) {
            throw tooLarge();
        }
        try {
            var unmarked = new BomFreeInput(in);
            var body = new SpooledBody(unmarked.readNBytes(MEMORY_BYTES));
            requireUtf8(body.head);
            if (body.head.length == MEMORY_BYTES) {
                body.spool(unmarked, directory);
            }
            return body;
        } catch (IOException e) {
            throw ClaudeException.of(
                            ErrorType.INVALID_REQUEST,
                            "The request body ended early or could not be read. Send the request again.")
                    .withCause(e);
        }
    }

    /** Rejects encodings that Claude would misread or reject, with a clearer error. */
    private static void requireUtf8(byte[] head) {
        if (ByteOrderMark.isUtf16(head, 0, head.length)) {
            throw ClaudeException.of(ErrorType.INVALID_REQUEST, "The request body is not UTF-8 but UTF-16");
        }
        if (ByteOrderMark.length(head, 0, head.length) > 0) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    "The request body begins with a second byte order mark. Send one at most.");
        }
    }

    private void spool(InputStream in, Path directory) throws IOException {
        boolean isWhole = false;
        try {
            file = unnamedFile(directory);
            var buffer = new byte[MEMORY_BYTES];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                reserve(count);
                write(buffer, count);
            }
            isWhole = true;
        } finally {
            if (!isWhole) {
                close();
            }
        }
    }

    /**
     * Creates a file that only its owner can read, and deletes its name. A server that is killed in between leaves an
     * empty file.
     */
    private static FileChannel unnamedFile(Path directory) {
        try {
            Path named = Files.createTempFile(directory, "claude-batch-", ".json");
            try {
                return FileChannel.open(named, READ, WRITE, DELETE_ON_CLOSE);
            } catch (IOException e) {
                Files.delete(named);
                throw e;
            }
        } catch (IOException e) {
            throw storeFailure(e);
        }
    }

    /** A failure, such as a full disk, is an error of the server, not of the caller. */
    private void write(byte[] buffer, int count) {
        try {
            for (var left = ByteBuffer.wrap(buffer, 0, count); left.hasRemaining(); ) {
                file.write(left);
            }
        } catch (IOException e) {
            throw storeFailure(e);
        }
    }

    private static ClaudeException storeFailure(IOException e) {
        LOG.log(Level.WARNING, "Could not store a request body in a temporary file (java.io.tmpdir)", e);
        return ClaudeException.of(
                        ErrorType.API, "The server could not store the request body in a temporary file. Retry later.")
                .withCause(e);
    }

    private void reserve(int count) {
        reserved += count;
        if (SPOOLED.addAndGet(count) > MAX_SPOOLED) {
            throw ClaudeException.of(
                            ErrorType.OVERLOADED,
                            "Too many large message batches are being sent through this server. Retry in "
                                    + RETRY_AFTER.toSeconds() + " s.")
                    .withRetryAfter(RETRY_AFTER);
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
            // Not closed, because that would close the file.
            Channels.newInputStream(file).transferTo(out);
        }
    }

    /** Returns whether the body is in a file. For tests. */
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
