package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonPull;
import io.github.claudejakarta.claude.http.MessagesBody;
import jakarta.json.stream.JsonParser;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads <code>{"request":{...},"callback_url":"...","metadata":{...}}</code>. What stands in {@code request} and {@code metadata} is kept as
 * it came.
 */
final class JobBody {

    private static final char IN_PLACE_OF_WHAT_IS_NONE = '\uFFFD';

    private final String text;
    private String request;
    private String callbackUrl;
    private String metadata;

    private JobBody(String text) {
        this.text = text;
    }

    /** @throws ClaudeException {@code request_too_large} or {@code invalid_request_error}, which says what is wrong */
    static JobSubmission read(byte[] body) {
        var fields = new JobBody(decoded(body));
        try {
            JsonPull.object(fields.text, fields::take);
        } catch (IllegalArgumentException e) {
            throw JobSubmission.invalid("The request body is " + e.getMessage()).withCause(e);
        }
        return fields.submission();
    }

    /** Not by a decoder, which would take twice as much memory again: of 32 MB that is a lot. */
    private static String decoded(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        boolean isDoubtful = text.indexOf(IN_PLACE_OF_WHAT_IS_NONE) >= 0;
        if (isDoubtful && !Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes)) {
            throw JobSubmission.invalid("The request body is not UTF-8");
        }
        return text;
    }

    private boolean take(String name, JsonParser.Event value, JsonParser parser) {
        switch (name) {
            case "request" -> request = object(name, value, parser);
            case "metadata" -> metadata = value == JsonParser.Event.VALUE_NULL ? null : object(name, value, parser);
            case "callback_url" -> callbackUrl = switch (value) {
                case VALUE_NULL -> null;
                case VALUE_STRING -> parser.getString();
                default -> throw JobSubmission.invalid("callback_url: Input should be a valid string");
            };
            // A misspelt callback_url would be missed when it is too late.
            default -> throw JobSubmission.invalid(name + ": Extra inputs are not permitted; the Messages body stands in request");
        }
        return value == JsonParser.Event.START_OBJECT;
    }

    /** The text of the object that has just begun. */
    private String object(String name, JsonParser.Event value, JsonParser parser) {
        if (value != JsonParser.Event.START_OBJECT) {
            throw JobSubmission.invalid(name + ": Input should be a valid object");
        }
        long begin = parser.getLocation().getStreamOffset() - 1;
        JsonPull.skip(parser);
        return text.substring((int) begin, (int) parser.getLocation().getStreamOffset());
    }

    private JobSubmission submission() {
        if (request == null) {
            throw JobSubmission.invalid("request: Field required");
        }
        return new JobSubmission(streaming(request.getBytes(StandardCharsets.UTF_8)), Optional.ofNullable(callbackUrl), Optional.ofNullable(metadata));
    }

    private static byte[] streaming(byte[] request) {
        try {
            return MessagesBody.ofMessages(new ByteArrayInputStream(request), request.length).streamingBytes();
        } catch (ClaudeException e) {
            throw e.type().equals(ErrorType.INVALID_REQUEST) ? JobSubmission.invalid(ofRequest(e.errorMessage())).withCause(e) : e;
        }
    }

    /** Mostly it names a field. */
    private static String ofRequest(String message) {
        return message.matches("[a-z_]+: .*") ? "request." + message : "request: " + message;
    }
}
