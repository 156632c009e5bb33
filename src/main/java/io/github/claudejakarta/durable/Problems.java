package io.github.claudejakarta.durable;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Surrogates;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.util.Map;

/** What went wrong, as it is kept: Anthropic's envelope, cut where it is too long to keep. */
public final class Problems {

    /** What a column for it has to hold. */
    private static final int LONGEST = 8_000;

    private static final int LONGEST_MESSAGE = 1_000;

    private Problems() {}

    public static String of(ClaudeException failure) {
        String body = failure.body();
        return body.length() <= LONGEST ? body : of(failure.type(), failure.errorMessage());
    }

    public static String of(ErrorType type, String message) {
        String kept = Surrogates.beginning(message, LONGEST_MESSAGE);
        String body = ClaudeException.of(type, kept).body();
        // Whatever an upstream takes for a type: what does not fit into its column would be tried again and again.
        return body.length() <= LONGEST
                ? body
                : ClaudeException.of(ErrorType.API, kept).body();
    }

    public static JsonObject json(String text) {
        try (var reader = Json.createReader(new StringReader(text))) {
            return reader.readObject();
        } catch (JsonException | IllegalStateException e) {
            return Json.createObjectBuilder().add("type", "error").build();
        }
    }

    /** {@code error.type} of the envelope. */
    public static String type(String text) {
        return ClaudeException.ofAnswer(ErrorType.API.status(), Map.of(), text)
                .type()
                .value();
    }
}
