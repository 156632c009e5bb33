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
 * A job as it was submitted, checked for what can only fail.
 *
 * @param request a Messages body that asks for a stream
 * @param callbackUrl as it was given; not checked yet
 * @param metadata a JSON object
 */
record JobSubmission(byte[] request, Optional<String> callbackUrl, Optional<String> metadata) {

    /** As long as its column. */
    private static final int LONGEST_METADATA = 8_000;

    private static final int MOST_BYTES_OF_A_CHARACTER = 3;

    /** @throws ClaudeException {@code request_too_large}; {@code invalid_request_error} */
    JobSubmission {
        if (request.length > MessagesBody.MAX_BYTES) {
            throw MessagesBody.tooLarge();
        }
        if (metadata.filter(text -> text.length() > LONGEST_METADATA).isPresent()) {
            throw metadataTooLong();
        }
        metadata.ifPresent(JobSubmission::requireReadable);
    }

    private static ClaudeException metadataTooLong() {
        return invalid("metadata: should have at most " + LONGEST_METADATA + " characters");
    }

    /**
     * The text of metadata that is a part of a body in UTF-8.
     *
     * @throws ClaudeException {@code invalid_request_error} where it is too long for certain
     */
    static String metadata(byte[] body, int from, int to) {
        if (to - from > LONGEST_METADATA * MOST_BYTES_OF_A_CHARACTER) {
            throw metadataTooLong();
        }
        return new String(body, from, to - from, StandardCharsets.UTF_8);
    }

    /**
     * It is given back with the job: what the parser passes over, as a number of a thousand digits, it may not be able
     * to give.
     */
    private static void requireReadable(String metadata) {
        try (var reader = Json.createReader(new StringReader(metadata))) {
            reader.readObject();
        } catch (RuntimeException e) {
            throw invalid("metadata: it cannot be read: " + e.getMessage()).withCause(e);
        }
    }

    /** Returns the job of an application, with the defaults where its request leaves something out. */
    static JobSubmission of(JobRequest job, MessageDefaults defaults) {
        return new JobSubmission(
                JsonText.bytes(defaults.complete(job.request()).withStream(true).json()),
                job.callbackUrl().map(Object::toString),
                job.metadata().map(JsonText::text));
    }

    static ClaudeException invalid(String message) {
        return ClaudeException.of(ErrorType.INVALID_REQUEST, message);
    }

    /** Whether two submissions ask for the same, so that the second may be a repetition of the first. */
    boolean isSameAs(JobSubmission other) {
        return Arrays.equals(request, other.request)
                && kept(callbackUrl).equals(kept(other.callbackUrl))
                && metadata.equals(other.metadata);
    }

    /** A URL is kept as it goes over the wire. */
    private static Optional<String> kept(Optional<String> url) {
        try {
            return url.map(text -> Authority.inAscii(URI.create(text)).toASCIIString());
        } catch (IllegalArgumentException e) {
            // It is none, and was never kept.
            return url;
        }
    }
}
