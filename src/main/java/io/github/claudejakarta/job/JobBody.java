package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonPull;
import io.github.claudejakarta.claude.MessagesBody;
import io.github.claudejakarta.runtime.MemoryReservation;
import jakarta.json.stream.JsonParser;
import java.util.Optional;

/**
 * Reads <code>{"request":{...},"callback_url":"...","metadata":{...}}</code>. Keeps the bytes of {@code request} and
 * {@code metadata} unchanged.
 */
final class JobBody {

    private static final Place NONE = new Place(0, 0);

    private final byte[] body;
    private Place request = NONE;
    private String callbackUrl;
    private Place metadata = NONE;

    private record Place(int from, int to) {}

    private JobBody(byte[] body) {
        this.body = body;
    }

    /**
     * Reads a submission.
     *
     * @param reservation the reservation for the body; afterwards it covers the bytes that the submission keeps
     * @throws ClaudeException {@code request_too_large}, or {@code invalid_request_error} that names the field and the
     *     problem
     */
    static JobSubmission read(byte[] body, MemoryReservation reservation) {
        var fields = new JobBody(body);
        try {
            JsonPull.object(body, 0, body.length, fields::take);
        } catch (IllegalArgumentException e) {
            throw JobSubmission.invalid("The request body is " + e.getMessage()).withCause(e);
        }
        return fields.submission(reservation);
    }

    private boolean take(String name, JsonParser.Event value, JsonParser parser) {
        switch (name) {
            case "request" -> request = object(name, value, parser);
            case "metadata" -> metadata = value == JsonParser.Event.VALUE_NULL ? NONE : object(name, value, parser);
            case "callback_url" ->
                callbackUrl = switch (value) {
                    case VALUE_NULL -> null;
                    case VALUE_STRING -> parser.getString();
                    default -> throw JobSubmission.invalid("callback_url: Input should be a valid string");
                };
            // A misspelt callback_url would be noticed only after the job has ended.
            default ->
                throw JobSubmission.invalid(
                        name + ": Extra inputs are not permitted. The fields of the message belong into \"request\"");
        }
        return value == JsonParser.Event.START_OBJECT;
    }

    /** Returns the place of the object that has just begun. */
    private static Place object(String name, JsonParser.Event value, JsonParser parser) {
        if (value != JsonParser.Event.START_OBJECT) {
            throw JobSubmission.invalid(name + ": Input should be a valid object");
        }
        int from = at(parser) - 1;
        JsonPull.skip(parser);
        return new Place(from, at(parser));
    }

    private static int at(JsonParser parser) {
        return (int) parser.getLocation().getStreamOffset();
    }

    private JobSubmission submission(MemoryReservation reservation) {
        if (request == NONE) {
            throw JobSubmission.invalid("request: Field required");
        }
        Optional<String> metadataText = metadata == NONE
                ? Optional.empty()
                : Optional.of(JobSubmission.metadata(body, metadata.from, metadata.to));
        return new JobSubmission(streaming(reservation), Optional.ofNullable(callbackUrl), metadataText);
    }

    private byte[] streaming(MemoryReservation reservation) {
        try {
            return MessagesBody.ofMessages(body, request.from, request.to - request.from)
                    .streamingBytes(reservation::exactly);
        } catch (ClaudeException e) {
            throw e.type().equals(ErrorType.INVALID_REQUEST)
                    ? JobSubmission.invalid(ofRequest(e.errorMessage())).withCause(e)
                    : e;
        }
    }

    /** Most messages begin with the name of a field. */
    private static String ofRequest(String message) {
        return message.matches("[a-z_]+: .*") ? "request." + message : "request: " + message;
    }
}
