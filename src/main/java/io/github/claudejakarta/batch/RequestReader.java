package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.MessageDefaults;
import java.io.IOException;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Supplier;

/** Requests of a batch, one after the other, as they come in. */
interface RequestReader {

    /**
     * The next one.
     *
     * @return empty at the end
     * @throws BadRequest if this one can only fail; the next call goes on with the one after it
     * @throws Unreadable if nothing can be read any more
     * @throws ClaudeException {@code request_too_large} for a request that is longer than 32 MB;
     *     {@code overloaded_error} if there is no memory left for it
     * @throws IOException if the caller broke off
     */
    Optional<SubmittedRequest> next() throws IOException;

    /**
     * Counts the requests that were returned and are not stored yet as memory of the submission.
     *
     * @param bytes of these requests, in all
     * @throws ClaudeException {@code overloaded_error} if there is no memory left for them
     */
    default void holds(long bytes) {
        // Requests that an application makes are its own memory.
    }

    /** Where the submission itself wants its end told, as it says; known once it has been read to its end. */
    default Optional<String> callbackUrl() {
        return Optional.empty();
    }

    /**
     * Returns a reader of requests that an application makes.
     *
     * @param defaults for requests that leave something out
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

    /** Says where it is where something is wrong. */
    static SubmittedRequest read(String where, Supplier<SubmittedRequest> reading) {
        try {
            return reading.get();
        } catch (IllegalArgumentException e) {
            throw new BadRequest(where + ": " + e.getMessage(), e);
        }
    }

    /** One request that cannot be right. */
    final class BadRequest extends RuntimeException {

        private static final long serialVersionUID = 1;

        BadRequest(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** A body that cannot be right, from here to its end. */
    final class Unreadable extends RuntimeException {

        private static final long serialVersionUID = 1;

        Unreadable(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
