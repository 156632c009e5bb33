package io.github.claudejakarta.claude;

import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.io.Serializable;
import java.util.Objects;

/**
 * The type of an error, in Anthropic's words. It is a record and not an enumeration, because Anthropic may add types.
 */
@PublicApi
@JsonbTypeAdapter(ErrorType.Adapter.class)
public record ErrorType(String value) implements Serializable, JsonBacked {

    public static final ErrorType INVALID_REQUEST = new ErrorType("invalid_request_error");
    public static final ErrorType AUTHENTICATION = new ErrorType("authentication_error");
    public static final ErrorType BILLING = new ErrorType("billing_error");
    public static final ErrorType PERMISSION = new ErrorType("permission_error");
    public static final ErrorType NOT_FOUND = new ErrorType("not_found_error");
    public static final ErrorType CONFLICT = new ErrorType("conflict_error");
    public static final ErrorType REQUEST_TOO_LARGE = new ErrorType("request_too_large");
    public static final ErrorType RATE_LIMIT = new ErrorType("rate_limit_error");
    public static final ErrorType API = new ErrorType("api_error");
    public static final ErrorType TIMEOUT = new ErrorType("timeout_error");
    public static final ErrorType OVERLOADED = new ErrorType("overloaded_error");

    public ErrorType {
        Objects.requireNonNull(value, "value");
    }

    /**
     * Returns the type for an answer whose body does not state it. A status that is not an error status counts as
     * {@link #API}.
     */
    public static ErrorType ofStatus(int status) {
        return switch (status) {
            case 401 -> AUTHENTICATION;
            case 402 -> BILLING;
            case 403 -> PERMISSION;
            case 404 -> NOT_FOUND;
            case 409 -> CONFLICT;
            case 413 -> REQUEST_TOO_LARGE;
            case 429 -> RATE_LIMIT;
            case 504 -> TIMEOUT;
            case 529 -> OVERLOADED;
            default -> status >= 400 && status < 500 ? INVALID_REQUEST : API;
        };
    }

    /** Returns the HTTP status that belongs to the type; 500 for an unknown type. */
    public int status() {
        return switch (value) {
            case "invalid_request_error" -> 400;
            case "authentication_error" -> 401;
            case "billing_error" -> 402;
            case "permission_error" -> 403;
            case "not_found_error" -> 404;
            case "conflict_error" -> 409;
            case "request_too_large" -> 413;
            case "rate_limit_error" -> 429;
            case "timeout_error" -> 504;
            case "overloaded_error" -> 529;
            default -> 500;
        };
    }

    /**
     * Whether the same request may succeed later; false for an unknown type. There is one exception: a
     * {@link #RATE_LIMIT} with the error code {@code enforced_spend_limit_reached} and no {@code retry-after} lasts
     * until the next month.
     */
    public boolean isRetryable() {
        return switch (value) {
            case "conflict_error", "rate_limit_error", "api_error", "timeout_error", "overloaded_error" -> true;
            default -> false;
        };
    }

    /** Returns the name as a JSON string. */
    @Override
    public JsonValue json() {
        return JsonText.string(value);
    }

    @Override
    public String toString() {
        return value;
    }

    /** For JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<ErrorType> {

        public Adapter() {
            super(ErrorType.class);
        }
    }
}
