package io.github.claudejakarta.binding;

import io.github.claudejakarta.claude.ClaudeException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** Builds the response for an error: its status, its headers, and its body in Anthropic's format. */
public final class ErrorResponse {

    private ErrorResponse() {}

    /** Returns a builder of the response, so that headers can be added. */
    public static Response.ResponseBuilder of(ClaudeException failure) {
        var response = Response.status(failure.status())
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(failure.body());
        failure.headers().forEach(response::header);
        if (!failure.headers().containsKey("request-id")) {
            failure.requestId().ifPresent(id -> response.header("request-id", id));
        }
        if (!failure.headers().containsKey("retry-after")) {
            // Rounded up: a client that retries too early would be rejected again.
            failure.retryAfter()
                    .ifPresent(wait -> response.header(
                            "retry-after", wait.plusNanos(999_999_999).toSeconds()));
        }
        return response;
    }
}
