package io.github.claudejakarta.job;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Collects failures of the database from the log. A test reads here that an attempt was made and failed. */
final class DatabaseFailures extends Handler implements AutoCloseable {

    private final Logger logger = Logger.getLogger("io.github.claudejakarta.durable.Availability");
    private final AtomicInteger count = new AtomicInteger();

    DatabaseFailures() {
        // Only the first failure of an outage is a warning.
        logger.setLevel(Level.FINE);
        logger.addHandler(this);
    }

    void await(int failures) {
        Waiting.until(() -> count.get() >= failures);
    }

    @Override
    public void publish(LogRecord record) {
        count.incrementAndGet();
    }

    @Override
    public void flush() {
        // Nothing is buffered.
    }

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setLevel(null);
    }
}
