package io.github.claudejakarta.simulator;

import java.util.Optional;

/** The error status that a script requests, with its headers. */
record ScriptedError(ApiError error, Directives directives) {

    /**
     * Returns the error that the directives request.
     *
     * @param name the directive that has the status
     * @throws ApiError if the status is not an error status
     */
    static ScriptedError of(String name, Directives directives) {
        var status = directives.number(name, 500);
        if (status < 400 || status > 599) {
            throw new ApiError(400, "sim: " + name + " must be a whole number from 400 to 599");
        }
        var type = directives.text("error_type").orElse(ApiError.typeOf(status));
        return new ScriptedError(ApiError.scripted(status, type), directives);
    }

    /** Returns this error with another message; unchanged if the message is empty. */
    ScriptedError withMessage(Optional<String> message) {
        return new ScriptedError(message.map(error::withMessage).orElse(error), directives);
    }

    /** Sets the headers of the response, and returns the error to throw. */
    ApiError withHeadersIn(HttpResponse response) {
        directives.text("retry_after").ifPresent(value -> response.header("retry-after", value));
        directives.text("retry_after_ms").ifPresent(value -> response.header("retry-after-ms", value));
        directives.text("should_retry").ifPresent(value -> response.header("x-should-retry", value));
        return error;
    }
}
