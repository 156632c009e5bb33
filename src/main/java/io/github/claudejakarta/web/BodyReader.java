package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.BomFreeInput;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessagesBody;
import io.github.claudejakarta.runtime.MemoryReservation;
import io.github.claudejakarta.runtime.WholeBody;
import java.io.IOException;
import java.io.InputStream;

/** Reads the bodies of requests that are held whole, up to a limit, in memory that is reserved first. */
public final class BodyReader {

    private BodyReader() {}

    /**
     * Reads and checks a body of {@code POST /v1/messages}.
     *
     * @param declaredLength the {@code Content-Length}, or -1
     * @param memory reserved for its bytes
     * @throws ClaudeException {@code request_too_large} or {@code invalid_request_error}, which says what is wrong
     */
    public static MessagesBody messages(InputStream in, long declaredLength, MemoryReservation memory) {
        byte[] bytes = bytes(in, declaredLength, MessagesBody.MAX_BYTES, memory);
        return MessagesBody.ofMessages(bytes, 0, bytes.length);
    }

    /**
     * Reads and checks a body of {@code count_tokens}, where {@code max_tokens} is optional.
     *
     * @param declaredLength the {@code Content-Length}, or -1
     * @param memory reserved for its bytes
     * @throws ClaudeException {@code request_too_large} or {@code invalid_request_error}, which says what is wrong
     */
    public static MessagesBody countTokens(InputStream in, long declaredLength, MemoryReservation memory) {
        return MessagesBody.ofCountTokens(bytes(in, declaredLength, MessagesBody.MAX_BYTES, memory));
    }

    /**
     * Reads a body that is or contains a message, up to a limit. A byte order mark at its start is skipped.
     *
     * @param declaredLength the {@code Content-Length}, or -1
     * @param memory reserved for its bytes
     * @throws ClaudeException {@code request_too_large}; {@code invalid_request_error} if the body ends early
     */
    public static byte[] bytes(InputStream in, long declaredLength, int limit, MemoryReservation memory) {
        if (declaredLength > limit) {
            throw MessagesBody.tooLarge();
        }
        try {
            var unmarked = new BomFreeInput(in);
            long length = declaredLength < 0 ? declaredLength : Math.max(0, declaredLength - unmarked.markLength());
            byte[] bytes = WholeBody.read(unmarked, length, limit, memory);
            if (bytes.length > limit) {
                throw MessagesBody.tooLarge();
            }
            return bytes;
        } catch (IOException e) {
            throw ClaudeException.of(
                            ErrorType.INVALID_REQUEST,
                            "The request body ended early or could not be read. Send the request again.")
                    .withCause(e);
        }
    }
}
