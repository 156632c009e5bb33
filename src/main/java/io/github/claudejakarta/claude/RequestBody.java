package io.github.claudejakarta.claude;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/**
 * The body of a request to Claude: JSON in memory, or JSON of any length that each attempt writes again.
 *
 * <p>A body in memory may hold a reservation of the server's memory. {@link #release} releases it when the body will
 * not be sent again.
 */
@FunctionalInterface
public interface RequestBody {

    /**
     * Writes the body.
     *
     * @throws IOException if the output fails
     */
    void writeTo(OutputStream out) throws IOException;

    /** Returns the body without copying it. Empty if it is not in memory, or was released. */
    default Optional<byte[]> bytes() {
        return Optional.empty();
    }

    /** Releases the memory of the body, which cannot be sent afterwards. May be called more than once. */
    default void release() {
        // This body holds no memory.
    }

    /**
     * Returns a body that can be sent as long as its request exists, and that is garbage collected with it. A
     * {@link BufferedBody} can be released earlier.
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
