package io.github.claudejakarta.job;

import java.sql.Connection;
import java.sql.SQLException;

/** A step of another feature in the transaction that submits or ends a job. Both are committed, or neither. */
@FunctionalInterface
public interface JobStep {

    /**
     * Runs in the transaction.
     *
     * @param job its state at the end of this transaction
     * @throws SQLException rolls the transaction back, like any {@link RuntimeException}
     */
    void run(Connection transaction, Job job) throws SQLException;
}
