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

/** What went wrong, as it is kept: Anthropic's envelope, cut where it is too long to keep. */
public final class StoredErrors {

    /** What a column for it has to hold. */
    private static final int LONGEST = 8_000;

    private static final int LONGEST_MESSAGE = 1_000;

    /** The field with the kind. The API does not show it. */
    private static final String KIND = "claude_jakarta_kind";

    private StoredErrors() {}

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

    /** The error as it is kept where its {@linkplain ClaudeException#kind() kind} is needed later. */
    public static String withKind(ClaudeException failure) {
        return withKind(of(failure), failure.kind());
    }

    /** An error of our own as it is kept where its kind is needed later. */
    public static String withKind(ErrorKind kind, ErrorType type, String message) {
        return withKind(of(type, message), kind);
    }

    private static String withKind(String kept, ErrorKind kind) {
        if (failure(kept).kind() == kind) {
            return kept;
        }
        String marked = JsonText.text(
                JsonText.builder(json(kept)).add(KIND, kind.name()).build());
        return marked.length() <= LONGEST ? marked : kept;
    }

    /**
     * The error that a text of {@link #withKind} or {@link #of} says, with the status that belongs to its type. A text
     * without a kind is Claude's, unless it says that there is no request id: only errors of our own do.
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
