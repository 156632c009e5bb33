package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.Map;

/** An error in Claude's format. */
final class ApiError extends RuntimeException {

    private static final Map<String, Integer> STATUS_BY_TYPE = Map.ofEntries(
            Map.entry("invalid_request_error", 400),
            Map.entry("authentication_error", 401),
            Map.entry("billing_error", 402),
            Map.entry("permission_error", 403),
            Map.entry("not_found_error", 404),
            Map.entry("conflict_error", 409),
            Map.entry("request_too_large", 413),
            Map.entry("rate_limit_error", 429),
            Map.entry("api_error", 500),
            Map.entry("timeout_error", 504),
            Map.entry("overloaded_error", 529));

    private final int status;
    private final String type;
    private final boolean isSpendLimit;

    ApiError(int status, String message) {
        this(status, typeOf(status), message, false);
    }

    private ApiError(int status, String type, String message, boolean isSpendLimit) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.isSpendLimit = isSpendLimit;
    }

    /** Returns the error that a script requests. */
    static ApiError scripted(int status, String type) {
        return new ApiError(status, type, messageOf(type), false);
    }

    /** Returns the error of a monthly spend limit: a 429 that a retry does not solve. */
    static ApiError spendLimit() {
        return new ApiError(429, "rate_limit_error", "You have reached your monthly spend limit", true);
    }

    static String typeOf(int status) {
        return STATUS_BY_TYPE.entrySet().stream()
                .filter(entry -> entry.getValue() == status)
                .map(Map.Entry::getKey)
                .findAny()
                .orElse(status < 500 ? "invalid_request_error" : "api_error");
    }

    static int statusOf(String type) {
        return STATUS_BY_TYPE.getOrDefault(type, 500);
    }

    private static String messageOf(String type) {
        return type.equals("overloaded_error") ? "Overloaded" : "Simulated " + type;
    }

    ApiError withMessage(String message) {
        return new ApiError(status, type, message, isSpendLimit);
    }

    int status() {
        return status;
    }

    /** Returns the body of a response, or the data of an {@code error} event. */
    JsonObject body(String requestId) {
        return body(PROVIDER.createValue(requestId));
    }

    /** Returns the error as the results of a batch have it: without a request id. */
    JsonObject batchBody() {
        return body(JsonValue.NULL);
    }

    private JsonObject body(JsonValue requestId) {
        var error = PROVIDER.createObjectBuilder();
        if (isSpendLimit) {
            error.add("details", PROVIDER.createObjectBuilder().add("error_code", "enforced_spend_limit_reached"));
        } else {
            error.addNull("details");
        }
        return PROVIDER.createObjectBuilder()
                .add("type", "error")
                .add("error", error.add("type", type).add("message", getMessage()))
                .add("request_id", requestId)
                .build();
    }
}
