package io.github.claudejakarta.claude.http;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A successful answer of Claude. The kind of the request decides its form: {@link Whole}, {@link Events} or
 * {@link Download}.
 */
public sealed interface ClaudeAnswer {

    /** The header that marks each answer of a simulator, also on another machine. Its value is {@code true}. */
    String SIMULATOR = "claude-simulator";

    /** Returns the HTTP status, 2xx. */
    int status();

    /** Returns the headers that the caller may see: content type, request id, rate limits. Names are in lower case. */
    Map<String, String> headers();

    /** Whether the rest of the answer is still to be read, and the answer must be closed. */
    default boolean isOpen() {
        return !(this instanceof Whole);
    }

    /**
     * Returns this answer as a whole answer in memory.
     *
     * @throws IllegalStateException if it has another form
     */
    default Whole asWhole() {
        throw new IllegalStateException("This is not a whole answer: " + this);
    }

    /**
     * Returns this answer as events.
     *
     * @throws IllegalStateException if it has another form
     */
    default Events asEvents() {
        throw new IllegalStateException("This is not an answer in events: " + this);
    }

    /**
     * Returns this answer as a download.
     *
     * @throws IllegalStateException if it has another form
     */
    default Download asDownload() {
        throw new IllegalStateException("This is not a download: " + this);
    }

    /**
     * An answer that is in memory.
     *
     * @param body the whole body
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
     * @param events the events; the reader closes them
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
     * @param content the body; the reader closes it. A read fails with a {@code SocketTimeoutException} if no bytes
     *     arrive for too long. {@code close} cuts the connection if the body was not read to its end
     */
    record Download(int status, Map<String, String> headers, InputStream content) implements ClaudeAnswer {

        @Override
        public Download asDownload() {
            return this;
        }
    }
}
