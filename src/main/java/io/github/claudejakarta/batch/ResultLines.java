package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ErrorKind;
import java.io.Closeable;
import java.io.IOException;

/**
 * Reads results line by line in Anthropic's format, without line ends. Until the next call of {@link #next()},
 * {@link #buffer()}, {@link #start()} and {@link #length()} locate the line.
 */
interface ResultLines extends Closeable {

    /**
     * Opens the results, so that an error of Claude is known before the response begins. Otherwise the first call of
     * {@link #next()} opens them.
     *
     * @throws io.github.claudejakarta.claude.ClaudeException Claude's error
     */
    void open();

    /**
     * Reads the next line.
     *
     * @return whether a line was read; false at the end
     * @throws Broken if Claude's results cannot be read to their end
     */
    boolean next() throws IOException;

    byte[] buffer();

    /** Returns how the request of an {@code errored} line failed. */
    default ErrorKind errorKind() {
        return ErrorKind.REFUSED;
    }

    int start();

    int length();

    /** The results broke off, and retries failed. */
    final class Broken extends IOException {

        private static final long serialVersionUID = 1;

        Broken(Exception why) {
            super(why.getMessage(), why);
        }
    }
}
