package io.github.claudejakarta.claude;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/**
 * The body of a request to Claude: JSON in memory, or JSON of any length that is written again for each attempt.
 *
 * <p>A body in memory may take a share of the server's memory. {@link #release} returns it, once nothing is sent again.
 */
@FunctionalInterface
public interface RequestBody {

    /**
     * Writes the body.
     *
     * @throws IOException if the output fails
     */
    void writeTo(OutputStream out) throws IOException;

    /** Returns the body, not a copy. Empty if it is not in memory, or was released. */
    default Optional<byte[]> bytes() {
        return Optional.empty();
    }

    /** Releases the memory of the body, which cannot be sent afterwards. May be called more than once. */
    default void release() {
        // it has none
    }

    /**
     * Returns a body that is garbage with its request, and can be sent as long as the request exists.
     * {@link BufferedBody} can be released before.
     */
    static RequestBody of(byte[] bytes) {
        return new RequestBody() {

            @Override
            public void writeTo(OutputStream out) throws IOException {
                out.write(bytes);
            }

            @Override
            public Optional<byte[]> bytes() {
                return Optional.of(bytes);
            }
        };
    }
}
