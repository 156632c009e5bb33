package io.github.claudejakarta.simulator;

import java.util.Optional;

/** The error status that a script asks for, and the headers that go with it. */
record ScriptedRefusal(ApiError error, Directives directives) {

    /** The directive of this name has the status. */
    static ScriptedRefusal of(String name, Directives directives) {
        var status = directives.number(name, 500);
        if (status < 400 || status > 599) {
            throw new ApiError(400, "sim: " + name + " is a number from 400 to 599");
        }
        var type = directives.text("error_type").orElse(ApiError.typeOf(status));
        return new ScriptedRefusal(ApiError.scripted(status, type), directives);
    }

    /** The same with another message, if there is one. */
    ScriptedRefusal withMessage(Optional<String> message) {
        return new ScriptedRefusal(message.map(error::withMessage).orElse(error), directives);
    }

    /** The error, whose headers the response then has. */
    ApiError sentWith(HttpResponse response) {
        directives.text("retry_after").ifPresent(value -> response.header("retry-after", value));
        directives.text("retry_after_ms").ifPresent(value -> response.header("retry-after-ms", value));
        directives.text("should_retry").ifPresent(value -> response.header("x-should-retry", value));
        return error;
    }
}
