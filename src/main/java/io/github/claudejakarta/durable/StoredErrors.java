package io.github.claudejakarta.durable;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Surrogates;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.StringReader;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Converts errors to the text that is stored in the database, and back. The text is Anthropic's error envelope, cut if
 * it is too long.
 */
public final class StoredErrors {

    /** The maximum length of a stored error in characters. The columns are at least as long. */
    private static final int MAX_LENGTH = 8_000;

    private static final int MAX_MESSAGE = 1_000;

    /** The field with the kind. The API does not show it. */
    private static final String KIND = "claude_jakarta_kind";

    private StoredErrors() {}

    /** Returns the text of an error, without its kind. */
    public static String of(ClaudeException failure) {
        String body = failure.body();
        return body.length() <= MAX_LENGTH ? body : of(failure.type(), failure.errorMessage());
    }

    /** Returns the text of one of this server's errors, without its kind. */
    public static String of(ErrorType type, String message) {
        String stored = Surrogates.beginning(message, MAX_MESSAGE);
        String body = ClaudeException.of(type, stored).body();
        // The upstream server may return a type of any length. A text that does not fit into its column would fail on
        // each retry.
        return body.length() <= MAX_LENGTH
                ? body
                : ClaudeException.of(ErrorType.API, stored).body();
    }

    /**
     * Returns the text of an error, including its {@linkplain ClaudeException#kind() kind}. For errors whose kind is
     * needed later.
     */
    public static String withKind(ClaudeException failure) {
        return withKind(of(failure), failure.kind());
    }

    /** Returns the text of one of this server's errors, including its kind. */
    public static String withKind(ErrorKind kind, ErrorType type, String message) {
        return withKind(of(type, message), kind);
    }

    private static String withKind(String stored, ErrorKind kind) {
        if (failure(stored).kind() == kind) {
            return stored;
        }
        String marked = JsonText.text(
                JsonText.builder(json(stored)).add(KIND, kind.name()).build());
        return marked.length() <= MAX_LENGTH ? marked : stored;
    }

    /**
     * Returns the error of a text that {@link #withKind} or {@link #of} returned. Its status is the one of its type. A
     * text without a kind is Claude's error, unless its request id is null: only errors of this server have no request
     * id.
     */
    public static ClaudeException failure(String text) {
        JsonObject json = json(text);
        String body = json.containsKey(KIND)
                ? JsonText.text(JsonText.builder(json).remove(KIND).build())
                : text;
        ErrorType type =
                ClaudeException.ofAnswer(ErrorType.API.status(), Map.of(), body).type();
        ClaudeException failure = ClaudeException.ofAnswer(type.status(), Map.of(), body);
        return kind(json)
                .or(() -> json.get("request_id") == JsonValue.NULL
                        ? Optional.of(ClaudeException.of(type, "").kind())
                        : Optional.empty())
                .map(failure::withKind)
                .orElse(failure);
    }

    private static Optional<ErrorKind> kind(JsonObject json) {
        return json.get(KIND) instanceof JsonString name
                ? Arrays.stream(ErrorKind.values())
                        .filter(kind -> kind.name().equals(name.getString()))
                        .findFirst()
                : Optional.empty();
    }

    /** Returns the JSON object of a stored error. A text that is not a JSON object becomes {@code {"type":"error"}}. */
    public static JsonObject json(String text) {
        try (var reader = Json.createReader(new StringReader(text))) {
            return reader.readObject();
        } catch (JsonException | IllegalStateException e) {
            return Json.createObjectBuilder().add("type", "error").build();
        }
    }

    /** Returns {@code error.type} of the envelope. */
    public static String type(String text) {
        return ClaudeException.ofAnswer(ErrorType.API.status(), Map.of(), text)
                .type()
                .value();
    }
}
