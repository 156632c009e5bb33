package io.github.claudejakarta.claude;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * The model and {@code max_tokens} of requests that do not set them: {@code claude.default-model} and
 * {@code claude.default-max-tokens}.
 */
public record MessageDefaults(Optional<String> model, OptionalInt maxTokens) {

    /** Anthropic's limit, in characters. */
    private static final int MAX_MODEL_LENGTH = 256;

    /** No defaults: every request must set both fields. */
    public static final MessageDefaults NONE = new MessageDefaults(Optional.empty(), OptionalInt.empty());

    /** @throws IllegalArgumentException for a value that is not valid in any request; the message names the key */
    public MessageDefaults {
        if (model.filter(name -> name.length() > MAX_MODEL_LENGTH).isPresent()) {
            throw new IllegalArgumentException(
                    "claude.default-model must have at most " + MAX_MODEL_LENGTH + " characters");
        }
        if (maxTokens.isPresent() && maxTokens.getAsInt() < 1) {
            throw new IllegalArgumentException("claude.default-max-tokens must be 1 or more");
        }
    }

    /**
     * Returns the request with both fields.
     *
     * @throws ClaudeException {@code invalid_request_error} if the request lacks a field that has no default
     */
    public MessageRequest complete(MessageRequest request) {
        MessageRequest named = withModel(request);
        return named.hasMaxTokens()
                ? named
                : named.withMaxTokens(maxTokens.orElseThrow(() -> missing("max_tokens", "claude.default-max-tokens")));
    }

    /**
     * Returns the request with a model.
     *
     * @throws ClaudeException {@code invalid_request_error} if the request has no model and no default is configured
     */
    public MessageRequest withModel(MessageRequest request) {
        return request.hasModel()
                ? request
                : request.withModel(model.orElseThrow(() -> missing("model", "claude.default-model")));
    }

    private static ClaudeException missing(String field, String key) {
        return ClaudeException.of(
                        ErrorType.INVALID_REQUEST,
                        field + ": the request does not set it, and " + key + " is not configured. Set one of them.")
                .withKind(ErrorKind.INTERNAL);
    }
}
