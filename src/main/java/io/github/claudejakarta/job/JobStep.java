package io.github.claudejakarta.job;

import java.sql.Connection;
import java.sql.SQLException;

/** What another feature does with a job in the transaction that submits or ends it: both happen, or nothing. */
@FunctionalInterface
public interface JobStep {

    /**
     * Runs in the transaction.
     *
     * @param job as this transaction leaves it
     * @throws SQLException rolls the transaction back, like any {@link RuntimeException}
     */
    void run(Connection transaction, Job job) throws SQLException;
}
