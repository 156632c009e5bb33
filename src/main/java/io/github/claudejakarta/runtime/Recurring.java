package io.github.claudejakarta.runtime;

import java.util.function.Consumer;

/** Runs recurring work, so that the failure of one run does not prevent the next. */
public final class Recurring {

    private Recurring() {}

    /**
     * Runs the work once and throws nothing. A failure of the work, even an {@link Error}, is passed to the report. A
     * failure of the report is ignored.
     *
     * @param report logs the failure
     */
    public static void attempt(Runnable work, Consumer<Throwable> report) {
        try {
            work.run();
        } catch (Throwable failure) {
            report(failure, report);
        }
    }

    private static void report(Throwable failure, Consumer<Throwable> report) {
        try {
            report.accept(failure);
        } catch (Throwable again) {
            // If memory is lacking for the work, it may be lacking for a line in the log too.
        }
    }
}
