package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ErrorKind;
import java.io.Closeable;
import java.io.IOException;

/**
 * Results, line by line as Anthropic writes them, without their line ends. A line is where {@link #buffer()},
 * {@link #start()} and {@link #length()} say, until the next call of {@link #next()}.
 */
interface ResultLines extends Closeable {

    /**
     * Begins, so that what can be refused is refused before anything is promised to anybody. Without it the first call
     * of {@link #next()} does.
     *
     * @throws io.github.claudejakarta.claude.ClaudeException what Claude said
     */
    void open();

    /**
     * Goes on to the next line.
     *
     * @return whether there is one
     * @throws Broken where Claude's results cannot be read to their end
     */
    boolean next() throws IOException;

    byte[] buffer();

    /** How a request of an {@code errored} line failed. */
    default ErrorKind errorKind() {
        return ErrorKind.REFUSED;
    }

    int start();

    int length();

    /** The results broke off, and could not be taken up again. */
    final class Broken extends IOException {

        private static final long serialVersionUID = 1;

        Broken(Exception why) {
            super(why.getMessage(), why);
        }
    }
}
