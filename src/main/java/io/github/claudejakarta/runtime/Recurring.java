package io.github.claudejakarta.runtime;

import java.util.function.Consumer;

/** Runs work that is done again and again, so that no failure of one run keeps the next from happening. */
public final class Recurring {

    private Recurring() {}

    /**
     * Runs the work once and throws nothing: neither what the work fails with, an {@link Error} included, nor what the
     * report of that fails with.
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
            // Where there is no memory for the work there may be none for a line in the log.
        }
    }
}
