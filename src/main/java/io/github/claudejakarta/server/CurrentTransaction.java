package io.github.claudejakarta.server;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** The transaction that the calling thread is in, which is the application's own and is ended by it. */
public interface CurrentTransaction {

    /** Where there is never one: outside of a server. */
    CurrentTransaction NONE = new CurrentTransaction() {

        @Override
        public boolean isActive() {
            return false;
        }

        @Override
        public Connection connection(DataSource source) {
            throw new IllegalStateException("There is no transaction");
        }

        @Override
        public void rollBack() {
            throw new IllegalStateException("There is no transaction");
        }

        @Override
        public void afterCommit(Runnable work) {
            throw new IllegalStateException("There is no transaction");
        }
    };

    /** Whether there is one, so that the other methods can be called. */
    boolean isActive();

    /** The one connection of the transaction, which is closed with it and not before. */
    Connection connection(DataSource source) throws SQLException;

    /** Lets it end in no other way. */
    void rollBack();

    /** Does something once it is committed; never where it is rolled back. */
    void afterCommit(Runnable work);
}
