package io.github.claudejakarta.binding;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.PublicApi;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Converts a {@link ClaudeException} that an application's own resources do not catch to a response: its status, a body
 * in Anthropic's format, {@code request-id} and {@code retry-after}. The header {@code claude-error-kind} has the
 * {@linkplain ErrorKind kind} in lower case. The rate limits of the account ({@code anthropic-ratelimit-*}) are not
 * sent. Without a mapper the server answers with 500.
 *
 * <p>JAX-RS does not find this class by scanning. An application registers it:
 *
 * <pre>{@code
 * @ApplicationPath("/api")
 * public class Shop extends Application {
 *     @Override
 *     public Set<Class<?>> getClasses() {
 *         return Set.of(Questions.class, ClaudeExceptionMapper.class);
 *     }
 * }
 * }</pre>
 *
 * <p>An application whose resources are found by scanning declares a subclass:
 *
 * <pre>{@code
 * @Provider
 * public class Errors extends ClaudeExceptionMapper {}
 * }</pre>
 *
 * <p>Clients of the application must not learn details of its account and its configuration. A fault of the application
 * is therefore an {@code api_error} without details, and the log has its cause. Such faults are a rejected key, a
 * missing permission, billing, an {@linkplain ErrorKind#INTERNAL internal} error, and a wrong address, proxy or
 * certificate. The texts of errors about limits and unavailable services name no setting. A subclass can override
 * {@link #clientError} to change this.
 */
@PublicApi
public class ClaudeExceptionMapper implements ExceptionMapper<ClaudeException> {

    private static final Logger LOG = Logger.getLogger(ClaudeExceptionMapper.class.getName());
    private static final int CLIENT_CLOSED_REQUEST = 499;
    private static final int INTERNAL = 500;
    private static final int BAD_GATEWAY = 502;
    private static final int UNAVAILABLE = 503;

    @Override
    public Response toResponse(ClaudeException failure) {
        ClaudeException error = clientError(failure);
        boolean isLimit = failure.kind() == ErrorKind.LIMITED;
        LOG.log(
                error.status() >= 500 || isLimit ? Level.WARNING : Level.FINE,
                // No stack trace: an overload would fill the log with equal stack traces.
                isLimit ? null : failure,
                () -> "The caller gets status " + error.status() + ". Cause: " + failure.getMessage());
        var response = ErrorResponse.of(error)
                .header("claude-error-kind", failure.kind().name().toLowerCase(Locale.ROOT));
        // Clients must not see the limits of the application's account. Null removes a header.
        error.headers().keySet().stream()
                .filter(name -> name.startsWith("anthropic-"))
                .forEach(name -> response.header(name, null));
        return response.build();
    }

    /** Returns the error that the client gets for a failure. */
    protected ClaudeException clientError(ClaudeException failure) {
        return switch (failure.kind()) {
            case CANCELED -> replacement(CLIENT_CLOSED_REQUEST, failure, "The request was canceled");
            case UNREACHABLE -> replacement(UNAVAILABLE, failure, "Claude cannot be reached at the moment");
            case BROKEN -> replacement(BAD_GATEWAY, failure, "Claude's answer is incomplete");
            case INTERNAL -> replacement(INTERNAL, failure, "Internal server error");
            case REFUSED ->
                isOfAccount(failure.type())
                        ? replacement(BAD_GATEWAY, failure, "Claude rejected the request")
                        : failure;
            case UNAVAILABLE -> replacement(UNAVAILABLE, failure, "The service is not available at the moment");
            case LIMITED -> replacement(failure.status(), failure.type(), failure, "The service is busy. Retry later");
            case TIMED_OUT, INVALID, NOT_FOUND -> failure;
        };
    }

    /** Whether an error of Claude concerns the key of the application, and not the request of its client. */
    private static boolean isOfAccount(ErrorType type) {
        return type.equals(ErrorType.AUTHENTICATION)
                || type.equals(ErrorType.PERMISSION)
                || type.equals(ErrorType.BILLING);
    }

    private static ClaudeException replacement(int status, ClaudeException failure, String message) {
        return replacement(status, ErrorType.API, failure, message);
    }

    private static ClaudeException replacement(int status, ErrorType type, ClaudeException failure, String message) {
        ClaudeException replacement = ClaudeException.of(status, type, message).withKind(failure.kind());
        ClaudeException identified =
                failure.requestId().map(replacement::withRequestId).orElse(replacement);
        return failure.retryAfter().map(identified::withRetryAfter).orElse(identified);
    }
}
