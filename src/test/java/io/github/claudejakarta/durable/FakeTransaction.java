package io.github.claudejakarta.durable;

import io.github.claudejakarta.server.CurrentTransaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** A caller's transaction, which the test begins and ends. */
public final class FakeTransaction implements CurrentTransaction {

    private final List<Runnable> works = new ArrayList<>();
    private boolean isActive;
    private boolean isRollbackOnly;
    private Connection connection;

    public void begin() {
        isActive = true;
        isRollbackOnly = false;
        works.clear();
    }

    public void commit() throws SQLException {
        if (isRollbackOnly) {
            throw new IllegalStateException("The transaction can only be rolled back");
        }
        if (connection != null) {
            connection.commit();
        }
        end();
        works.forEach(Runnable::run);
    }

    public void rollback() throws SQLException {
        if (connection != null) {
            connection.rollback();
        }
        end();
    }

    private void end() throws SQLException {
        isActive = false;
        if (connection != null) {
            connection.setAutoCommit(true);
            connection.close();
            connection = null;
        }
    }

    public boolean isRollbackOnly() {
        return isRollbackOnly;
    }

    /** Returns the transaction's connection, as an application would use it. */
    public Connection connection() {
        return connection;
    }

    @Override
    public boolean isActive() {
        return isActive;
    }

    @Override
    public Connection connection(DataSource source) throws SQLException {
        if (connection == null) {
            connection = source.getConnection();
            connection.setAutoCommit(false);
        }
        return connection;
    }

    @Override
    public void rollBack() {
        isRollbackOnly = true;
    }

    @Override
    public void afterCommit(Runnable work) {
        works.add(work);
    }
}
