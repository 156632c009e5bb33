package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.RequestKind;

/**
 * The endpoint of Anthropic's API for a kind of request.
 *
 * @param template the path from {@code /v1} on, with {@code {id}} as the placeholder of the id
 */
record Endpoint(String method, String template, Form form) {

    /** The form of an answer. */
    enum Form {
        WHOLE,
        EVENTS,
        CONTENT
    }

    static Endpoint of(RequestKind kind) {
        return switch (kind) {
            case CREATE_MESSAGE -> new Endpoint("POST", "/v1/messages", Form.WHOLE);
            case STREAM_MESSAGE -> new Endpoint("POST", "/v1/messages", Form.EVENTS);
            case COUNT_TOKENS -> new Endpoint("POST", "/v1/messages/count_tokens", Form.WHOLE);
            case LIST_MODELS -> new Endpoint("GET", "/v1/models", Form.WHOLE);
            case GET_MODEL -> new Endpoint("GET", "/v1/models/{id}", Form.WHOLE);
            case CREATE_BATCH -> new Endpoint("POST", "/v1/messages/batches", Form.WHOLE);
            case LIST_BATCHES -> new Endpoint("GET", "/v1/messages/batches", Form.WHOLE);
            case GET_BATCH -> new Endpoint("GET", "/v1/messages/batches/{id}", Form.WHOLE);
            case CANCEL_BATCH -> new Endpoint("POST", "/v1/messages/batches/{id}/cancel", Form.WHOLE);
            case DELETE_BATCH -> new Endpoint("DELETE", "/v1/messages/batches/{id}", Form.WHOLE);
            case GET_BATCH_RESULTS -> new Endpoint("GET", "/v1/messages/batches/{id}/results", Form.CONTENT);
        };
    }

    /** Returns the path of a request, with its query. */
    String path(ClaudeRequest request) {
        String path = template.replace("{id}", request.id());
        return request.query().isEmpty() ? path : path + "?" + request.query();
    }
}
