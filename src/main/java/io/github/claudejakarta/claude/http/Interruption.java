package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import java.nio.channels.ClosedByInterruptException;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;

/**
 * Detects that a thread was interrupted while it waited for Claude. The interrupt closes the connection that the thread
 * was reading or writing. This is not a failure of Claude: the circuit breaker does not count it, and the request is
 * not repeated. The thread keeps its interrupt status.
 */
final class Interruption {

    private static final int MAX_CAUSES = 20;

    private Interruption() {}

    /** Whether an interrupt is among the causes of a failure. */
    static boolean isIn(Throwable failure) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                .limit(MAX_CAUSES)
                .anyMatch(cause -> cause instanceof ClosedByInterruptException
                        || cause instanceof InterruptedException
                        // HttpClient throws it if the thread was interrupted before it waits for a connection.
                        || cause instanceof CancellationException
                                && Thread.currentThread().isInterrupted());
    }

    static ClaudeException failure(Throwable cause) {
        return ClaudeException.of(
                        ErrorKind.CANCELED, ErrorType.API, "The thread that waited for Claude was interrupted")
                .withCause(cause);
    }
}
