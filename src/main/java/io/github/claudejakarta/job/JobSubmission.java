package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.MessagesBody;
import io.github.claudejakarta.net.Authority;
import jakarta.json.Json;
import java.io.StringReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The content of a submitted job. The constructor rejects content that could only fail later.
 *
 * @param request a Messages body with {@code "stream": true}
 * @param callbackUrl as it was sent; not checked here
 * @param metadata a JSON object
 */
record JobSubmission(byte[] request, Optional<String> callbackUrl, Optional<String> metadata) {

    /** The maximum length of metadata in characters. The column has the same length. */
    private static final int MAX_METADATA_LENGTH = 8_000;

    private static final int MAX_BYTES_PER_CHARACTER = 3;

    /** @throws ClaudeException {@code request_too_large} or {@code invalid_request_error} */
    JobSubmission {
        if (request.length > MessagesBody.MAX_BYTES) {
            throw MessagesBody.tooLarge();
        }
        if (metadata.filter(text -> text.length() > MAX_METADATA_LENGTH).isPresent()) {
            throw metadataTooLong();
        }
        metadata.ifPresent(JobSubmission::requireReadable);
    }

    private static ClaudeException metadataTooLong() {
        return invalid("metadata: should have at most " + MAX_METADATA_LENGTH + " characters");
    }

    /**
     * Returns the text of metadata that is a part of a body in UTF-8.
     *
     * @throws ClaudeException {@code invalid_request_error} if its bytes are too many for the limit in characters
     */
    static String metadata(byte[] body, int from, int to) {
        if (to - from > MAX_METADATA_LENGTH * MAX_BYTES_PER_CHARACTER) {
            throw metadataTooLong();
        }
        return new String(body, from, to - from, StandardCharsets.UTF_8);
    }

    /**
     * Rejects metadata that cannot be parsed, because it is returned with the job. The pull parser accepts some such
     * values, for example a number of a thousand digits.
     */
    private static void requireReadable(String metadata) {
        try (var reader = Json.createReader(new StringReader(metadata))) {
            reader.readObject();
        } catch (RuntimeException e) {
            throw invalid("metadata: cannot be parsed: " + e.getMessage()).withCause(e);
        }
    }

    /** Returns the submission of an application. Defaults complete its request. */
    static JobSubmission of(JobRequest job, MessageDefaults defaults) {
        return new JobSubmission(
                JsonText.bytes(defaults.complete(job.request()).withStream(true).json()),
                job.callbackUrl().map(Object::toString),
                job.metadata().map(JsonText::text));
    }

    static ClaudeException invalid(String message) {
        return ClaudeException.of(ErrorType.INVALID_REQUEST, message);
    }

    /** Returns whether two submissions are equal, so that the second may be a repetition of the first. */
    boolean isSameAs(JobSubmission other) {
        return Arrays.equals(request, other.request)
                && inAscii(callbackUrl).equals(inAscii(other.callbackUrl))
                && metadata.equals(other.metadata);
    }

    /** Returns a URL in the form in which it is stored: with its host in ASCII. */
    private static Optional<String> inAscii(Optional<String> url) {
        try {
            return url.map(text -> Authority.inAscii(URI.create(text)).toASCIIString());
        } catch (IllegalArgumentException e) {
            // It is not a URL, and was never stored.
            return url;
        }
    }
}
