package io.github.claudejakarta.simulator;

import java.util.Locale;

/** The outcome of a request in a batch. */
enum Outcome {
    SUCCEEDED,
    ERRORED,
    CANCELED,
    EXPIRED;

    /** Returns the name in results and counts. */
    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the outcome that the directives request. Faults of a message may change it. */
    static Outcome of(Directives directives) {
        return switch (directives.text("outcome").orElse("succeeded")) {
            case "succeeded" -> SUCCEEDED;
            case "errored" -> ERRORED;
            case "canceled" -> CANCELED;
            case "expired" -> EXPIRED;
            default -> throw new ApiError(400, "sim: outcome must be succeeded, errored, canceled or expired");
        };
    }
}
