package io.github.claudejakarta.runtime;

import java.util.concurrent.ThreadFactory;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Makes threads that report in the log what ends them. Otherwise a {@link LinkageError}, for example of a library in
 * two versions, shows on the standard error output alone, or nowhere.
 *
 * <p>Safe for use by many threads.
 */
public final class ReportingThreads implements ThreadFactory {

    private static final Logger LOG = Logger.getLogger(ReportingThreads.class.getName());

    private final ThreadFactory threads;

    /** @param threads makes the threads */
    public ReportingThreads(ThreadFactory threads) {
        this.threads = threads;
    }

    @Override
    public Thread newThread(Runnable work) {
        return threads.newThread(() -> run(work));
    }

    private static void run(Runnable work) {
        try {
            work.run();
        } catch (Throwable failure) {
            Recurring.attempt(
                    () -> LOG.log(
                            Level.SEVERE,
                            failure,
                            () -> "The thread " + Thread.currentThread().getName() + " has ended by an error"),
                    unreported -> {});
        }
    }
}
