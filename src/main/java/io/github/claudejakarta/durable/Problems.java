package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.util.Map;

/** What went wrong with a part, as it is kept: Anthropic's envelope, cut where it is too long to keep. */
final class Problems {

    private static final int LONGEST = 8_000;
    private static final int LONGEST_MESSAGE = 1_000;

    private Problems() {
    }

    static String of(ClaudeException failure) {
        String body = failure.body();
        return body.length() <= LONGEST ? body : of(failure.type(), failure.errorMessage());
    }

    static String of(ErrorType type, String message) {
        return ClaudeException.of(type, message.length() <= LONGEST_MESSAGE ? message : message.substring(0, LONGEST_MESSAGE)).body();
    }

    static JsonObject json(String text) {
        try (var reader = Json.createReader(new StringReader(text))) {
            return reader.readObject();
        } catch (JsonException | IllegalStateException e) {
            return Json.createObjectBuilder().add("type", "error").build();
        }
    }

    /** {@code error.type} of the envelope. */
    static String type(String text) {
        return ClaudeException.ofAnswer(ErrorType.API.status(), Map.of(), text).type().value();
    }
}
