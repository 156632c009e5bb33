package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.runtime.MemoryReservation;
import java.net.URLDecoder;
import java.nio.charset.Charset;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads a job from an HTML form: one question and a callback. For callers that cannot write JSON. */
final class JobForm {

    /** A decoder writes this character for bytes that are not valid in the charset. */
    private static final char REPLACEMENT_CHARACTER = '\uFFFD';

    /** The replacement character as a caller sends it on purpose. */
    private static final String ESCAPED = "%EF%BF%BD";

    private static final int MAX_BYTES = 8 << 20;
    /**
     * Memory of a form as a multiple of its bytes, while it becomes JSON: it is decoded, cut, unescaped, escaped and
     * encoded again.
     */
    private static final long MEMORY_FACTOR = 10;

    private static final List<String> FIELDS = List.of("prompt", "model", "max_tokens", "system", "callback_url");

    private final Charset charset;
    private final Map<String, String> fields = new HashMap<>();

    private JobForm(Charset charset) {
        this.charset = charset;
    }

    /**
     * Reads a submission.
     *
     * @param charset of the text and of its escapes
     * @param reservation the reservation for the body; afterwards it covers the bytes that the submission keeps
     * @throws ClaudeException {@code request_too_large}, or {@code invalid_request_error} that names the field and the
     *     problem
     */
    static JobSubmission read(byte[] body, Charset charset, MemoryReservation reservation) {
        if (body.length > MAX_BYTES) {
            throw ClaudeException.of(
                    ErrorType.REQUEST_TOO_LARGE,
                    "A form may have at most " + (MAX_BYTES >> 20) + " MB. Send a larger request as JSON.");
        }
        reservation.exactly(MEMORY_FACTOR * body.length);
        JobSubmission job = of(body, charset);
        reservation.exactly(job.request().length);
        return job;
    }

    private static JobSubmission of(byte[] body, Charset charset) {
        var form = new JobForm(charset);
        for (String pair : new String(body, charset).strip().split("&")) {
            if (!pair.isEmpty()) {
                form.addField(pair);
            }
        }
        return form.submission();
    }

    private void addField(String pair) {
        int equals = pair.indexOf('=');
        if (equals < 0) {
            throw JobSubmission.invalid(
                    "The request body is not a form. It must consist of name=value pairs, separated by &");
        }
        String name = unescaped(pair.substring(0, equals));
        if (!FIELDS.contains(name)) {
            throw JobSubmission.invalid(
                    name + ": Extra inputs are not permitted. The fields of a form are " + String.join(", ", FIELDS));
        }
        if (fields.put(name, unescaped(pair.substring(equals + 1))) != null) {
            throw JobSubmission.invalid(name + ": the form contains this field twice");
        }
    }

    private String unescaped(String text) {
        try {
            String decoded = URLDecoder.decode(text, charset);
            if (decoded.indexOf(REPLACEMENT_CHARACTER) >= 0
                    && !text.toUpperCase(Locale.ROOT).contains(ESCAPED)) {
                // Without this check a wrong question would be sent to Claude and paid for.
                throw JobSubmission.invalid(
                        "The request body is not " + charset.name() + ". Name its charset in Content-Type");
            }
            return decoded;
        } catch (IllegalArgumentException e) {
            throw JobSubmission.invalid("The request body is not a form: " + e.getMessage())
                    .withCause(e);
        }
    }

    private JobSubmission submission() {
        try {
            var message = MessageRequest.builder(required("model"), maxTokens()).user(required("prompt"));
            optional("system").ifPresent(message::system);
            JobSubmission plain = JobSubmission.of(JobRequest.of(message.build()), MessageDefaults.NONE);
            return new JobSubmission(plain.request(), optional("callback_url"), Optional.empty());
        } catch (IllegalArgumentException e) {
            throw JobSubmission.invalid(e.getMessage()).withCause(e);
        }
    }

    private Optional<String> optional(String name) {
        return Optional.ofNullable(fields.get(name)).filter(value -> !value.isBlank());
    }

    private String required(String name) {
        return optional(name).orElseThrow(() -> JobSubmission.invalid(name + ": Field required"));
    }

    private int maxTokens() {
        try {
            return Integer.parseInt(required("max_tokens").strip());
        } catch (NumberFormatException e) {
            throw JobSubmission.invalid("max_tokens: Input should be a valid integer")
                    .withCause(e);
        }
    }
}
