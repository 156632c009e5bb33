package io.github.claudejakarta.runtime;

import java.util.concurrent.ThreadFactory;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Creates threads that log the failure that ends them. Without this, a {@link LinkageError}, for example of a library
 * in two versions, is visible on the standard error output only, or nowhere.
 *
 * <p>Safe for use by many threads.
 */
public final class ReportingThreads implements ThreadFactory {

    private static final Logger LOG = Logger.getLogger(ReportingThreads.class.getName());

    private final ThreadFactory threads;

    /**
     * Creates the factory.
     *
     * @param threads the factory that creates the threads
     */
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
                            () -> "The thread " + Thread.currentThread().getName() + " ended with an error"),
                    unreported -> {});
        }
    }
}
