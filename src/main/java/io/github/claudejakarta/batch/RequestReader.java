package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.MessageDefaults;
import java.io.IOException;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Supplier;

/** Reads the requests of a batch one after the other, as they arrive. */
interface RequestReader {

    /**
     * Reads the next request.
     *
     * @return empty at the end
     * @throws BadRequest if this request can only fail; the next call continues with the request after it
     * @throws Unreadable if nothing more can be read
     * @throws ClaudeException {@code request_too_large} for a request that is longer than 32 MB;
     *     {@code overloaded_error} if there is no memory left for it
     * @throws IOException if the caller broke off
     */
    Optional<SubmittedRequest> next() throws IOException;

    /**
     * Sets the size of the requests that were returned and are not stored yet. It counts as memory of the submission.
     *
     * @param bytes of these requests, in all
     * @throws ClaudeException {@code overloaded_error} if there is no memory left for them
     */
    default void setPendingBytes(long bytes) {
        // Requests that an application makes are its own memory.
    }

    /** Returns the callback URL in the body, unchecked. It is known when the body has been read to its end. */
    default Optional<String> callbackUrl() {
        return Optional.empty();
    }

    /**
     * Returns a reader of requests that an application makes.
     *
     * @param defaults for fields that a request omits
     */
    static RequestReader of(Iterator<BatchRequest> requests, MessageDefaults defaults) {
        var count = new int[1];
        return () -> requests.hasNext() ? Optional.of(read(++count[0], requests, defaults)) : Optional.empty();
    }

    private static SubmittedRequest read(int number, Iterator<BatchRequest> requests, MessageDefaults defaults) {
        String where = "request " + number;
        return read(where, () -> SubmittedRequest.of(where, complete(requests.next(), defaults)));
    }

    private static BatchRequest complete(BatchRequest request, MessageDefaults defaults) {
        try {
            return new BatchRequest(request.customId(), defaults.complete(request.params()));
        } catch (ClaudeException e) {
            throw new IllegalArgumentException("params." + e.errorMessage(), e);
        }
    }

    /** Reads a request. The error names the place of the request. */
    static SubmittedRequest read(String where, Supplier<SubmittedRequest> reading) {
        try {
            return reading.get();
        } catch (IllegalArgumentException e) {
            throw new BadRequest(where + ": " + e.getMessage(), e);
        }
    }

    /** A request is invalid. The requests after it can be read. */
    final class BadRequest extends RuntimeException {

        private static final long serialVersionUID = 1;

        BadRequest(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The body is invalid from here to its end. */
    final class Unreadable extends RuntimeException {

        private static final long serialVersionUID = 1;

        Unreadable(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
