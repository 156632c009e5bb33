package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.Optional;

/** An error in Anthropic's format: <code>{"type":"error","error":{"type","message"},"request_id"}</code>. */
record ErrorEnvelope(JsonObject json) {

    private static final int SHORT = 300;

    static ErrorEnvelope of(ErrorType type, String message, Optional<String> requestId) {
        return new ErrorEnvelope(JsonText.builder()
                .add("type", "error")
                .add("error", JsonText.builder().add("type", type.value()).add("message", message))
                .add("request_id", requestId.map(JsonText::string).orElse(JsonValue.NULL))
                .build());
    }

    /** Returns the envelope if the JSON has an {@code error} with a {@code type}; otherwise empty. */
    static Optional<ErrorEnvelope> in(JsonObject json) {
        return Fields.object(json, "error")
                .filter(error -> Fields.text(error, "type").isPresent())
                .map(error -> new ErrorEnvelope(json));
    }

    /**
     * Returns the error message in a text that is not an envelope, at most {@value #SHORT} characters. Empty for an
     * HTML page.
     */
    static Optional<String> messageIn(String text) {
        return JsonText.object(text)
                .map(ErrorEnvelope::messageIn)
                .orElseGet(() -> Optional.of(text.strip()).filter(plain -> !plain.startsWith("<")))
                .filter(message -> !message.isBlank())
                .map(message -> message.length() <= SHORT ? message : Surrogates.beginning(message, SHORT) + "...");
    }

    ErrorType type() {
        return Fields.text(error(), "type").map(ErrorType::new).orElse(ErrorType.API);
    }

    String message() {
        return Fields.textOrEmpty(error(), "message");
    }

    Optional<String> errorCode() {
        return Fields.object(error(), "details").flatMap(details -> Fields.text(details, "error_code"));
    }

    Optional<String> requestId() {
        return Fields.text(json, "request_id");
    }

    private JsonObject error() {
        return Fields.object(json, "error").orElse(JsonValue.EMPTY_JSON_OBJECT);
    }

    private static Optional<String> messageIn(JsonObject json) {
        return Fields.object(json, "error")
                .flatMap(error -> Fields.text(error, "message"))
                .or(() -> Fields.text(json, "error"))
                .or(() -> Fields.text(json, "message"));
    }
}
