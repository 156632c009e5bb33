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

/** Reads a job from an HTML form, for callers that write no JSON: one question, and who is called back. */
final class JobForm {

    /** What a decoder puts there, and how it looks where somebody meant it. */
    private static final char IN_PLACE_OF_WHAT_IS_NONE = '\uFFFD';

    private static final String ESCAPED = "%EF%BF%BD";
    private static final int LARGEST = 8 << 20;
    /**
     * A form takes this many times its bytes while it becomes JSON: it is decoded, cut, unescaped, escaped and encoded
     * again.
     */
    private static final long COST = 10;

    private static final List<String> FIELDS = List.of("prompt", "model", "max_tokens", "system", "callback_url");

    private final Charset charset;
    private final Map<String, String> fields = new HashMap<>();

    private JobForm(Charset charset) {
        this.charset = charset;
    }

    /**
     * @param charset of the text and of its escapes
     * @param room that has the body, and in the end what is kept of it
     * @throws ClaudeException {@code request_too_large} or {@code invalid_request_error}, which says what is wrong
     */
    static JobSubmission read(byte[] body, Charset charset, MemoryReservation room) {
        if (body.length > LARGEST) {
            throw ClaudeException.of(
                    ErrorType.REQUEST_TOO_LARGE,
                    "A form may have at most " + (LARGEST >> 20) + " MB. Send a larger request as JSON.");
        }
        room.exactly(COST * body.length);
        JobSubmission job = of(body, charset);
        room.exactly(job.request().length);
        return job;
    }

    private static JobSubmission of(byte[] body, Charset charset) {
        var form = new JobForm(charset);
        for (String pair : new String(body, charset).strip().split("&")) {
            if (!pair.isEmpty()) {
                form.take(pair);
            }
        }
        return form.submission();
    }

    private void take(String pair) {
        int equals = pair.indexOf('=');
        if (equals < 0) {
            throw JobSubmission.invalid("The request body is not a form of name=value pairs with & between them");
        }
        String name = unescaped(pair.substring(0, equals));
        if (!FIELDS.contains(name)) {
            throw JobSubmission.invalid(
                    name + ": Extra inputs are not permitted; a form has " + String.join(", ", FIELDS));
        }
        if (fields.put(name, unescaped(pair.substring(equals + 1))) != null) {
            throw JobSubmission.invalid(name + ": is there twice");
        }
    }

    private String unescaped(String text) {
        try {
            String decoded = URLDecoder.decode(text, charset);
            if (decoded.indexOf(IN_PLACE_OF_WHAT_IS_NONE) >= 0
                    && !text.toUpperCase(Locale.ROOT).contains(ESCAPED)) {
                // A question that nobody asked would be paid for.
                throw JobSubmission.invalid(
                        "The request body is not " + charset.name() + "; another charset can be named in Content-Type");
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
            given("system").ifPresent(message::system);
            JobSubmission plain = JobSubmission.of(JobRequest.of(message.build()), MessageDefaults.NONE);
            return new JobSubmission(plain.request(), given("callback_url"), Optional.empty());
        } catch (IllegalArgumentException e) {
            throw JobSubmission.invalid(e.getMessage()).withCause(e);
        }
    }

    private Optional<String> given(String name) {
        return Optional.ofNullable(fields.get(name)).filter(value -> !value.isBlank());
    }

    private String required(String name) {
        return given(name).orElseThrow(() -> JobSubmission.invalid(name + ": Field required"));
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
