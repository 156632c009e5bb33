package io.github.claudejakarta.claude.http;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * An answer of Claude with success. Its form follows from the kind of the request: {@link Whole}, {@link Events} or
 * {@link Download}.
 */
public sealed interface ClaudeAnswer {

    /** The header by which each answer of a simulator is known, also of one on another machine; its value is true. */
    String SIMULATOR = "claude-simulator";

    /** The HTTP status, 2xx. */
    int status();

    /** The headers that may be shown to the caller, names in lower case: content type, request id, rate limits. */
    Map<String, String> headers();

    /** Whether there is more to come, and so something to close. */
    default boolean isOpen() {
        return !(this instanceof Whole);
    }

    /**
     * Returns this answer, to a request that is answered as a whole.
     *
     * @throws IllegalStateException if it has another form
     */
    default Whole asWhole() {
        throw new IllegalStateException("Not a whole answer: " + this);
    }

    /**
     * Returns this answer, to a request that is answered by events.
     *
     * @throws IllegalStateException if it has another form
     */
    default Events asEvents() {
        throw new IllegalStateException("Not an answer of events: " + this);
    }

    /**
     * Returns this answer, to a request that is answered by a download.
     *
     * @throws IllegalStateException if it has another form
     */
    default Download asDownload() {
        throw new IllegalStateException("Not a download: " + this);
    }

    /**
     * An answer that is in memory.
     *
     * @param body all of it
     */
    record Whole(int status, Map<String, String> headers, byte[] body) implements ClaudeAnswer {

        /** Returns the body as text. */
        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        @Override
        public Whole asWhole() {
            return this;
        }
    }

    /**
     * An answer that arrives event by event.
     *
     * @param events to be closed by the reader
     */
    record Events(int status, Map<String, String> headers, EventStream events) implements ClaudeAnswer {

        @Override
        public Events asEvents() {
            return this;
        }
    }

    /**
     * An answer of any length.
     *
     * @param content to be closed by the reader. Its reads fail with a {@code SocketTimeoutException} after too long a
     *     silence, and its {@code close} cuts what has not been read
     */
    record Download(int status, Map<String, String> headers, InputStream content) implements ClaudeAnswer {

        @Override
        public Download asDownload() {
            return this;
        }
    }
}
