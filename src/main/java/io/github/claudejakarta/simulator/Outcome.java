package io.github.claudejakarta.simulator;

import java.util.Locale;

/** How a request of a batch ends. */
enum Outcome {
    SUCCEEDED,
    ERRORED,
    CANCELED,
    EXPIRED;

    /** What results and counts call it. */
    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What the directives ask for; faults of a message come on top. */
    static Outcome of(Directives directives) {
        return switch (directives.text("outcome").orElse("succeeded")) {
            case "succeeded" -> SUCCEEDED;
            case "errored" -> ERRORED;
            case "canceled" -> CANCELED;
            case "expired" -> EXPIRED;
            default -> throw new ApiError(400, "sim: outcome is succeeded, errored, canceled or expired");
        };
    }
}
