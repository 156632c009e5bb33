package io.github.claudejakarta.server;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** The transaction of the calling thread. The application has begun it, and ends it. */
public interface CurrentTransaction {

    /** No transaction: outside of a server a thread never has one. */
    CurrentTransaction NONE = new CurrentTransaction() {

        @Override
        public boolean isActive() {
            return false;
        }

        @Override
        public Connection connection(DataSource source) {
            throw new IllegalStateException("The calling thread is not in a transaction");
        }

        @Override
        public void rollBack() {
            throw new IllegalStateException("The calling thread is not in a transaction");
        }

        @Override
        public void afterCommit(Runnable action) {
            throw new IllegalStateException("The calling thread is not in a transaction");
        }
    };

    /** Returns whether the thread is in a transaction. The other methods need one. */
    boolean isActive();

    /**
     * Returns the connection of this project in the transaction. It is closed when the transaction ends, not before.
     */
    Connection connection(DataSource source) throws SQLException;

    /** Marks the transaction for rollback. */
    void rollBack();

    /** Runs an action after the commit. A transaction that is rolled back does not run it. */
    void afterCommit(Runnable action);
}
