package io.github.claudejakarta.server;

import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;

/**
 * The JTA transaction of the calling thread. Each transaction has one connection of this project, which all callers
 * share: a second connection would be a second participant, and a data source that is not XA allows only one.
 */
final class JtaCurrentTransaction implements CurrentTransaction {

    private static final Logger LOG = Logger.getLogger(JtaCurrentTransaction.class.getName());
    private static final Set<Integer> ENDED =
            Set.of(Status.STATUS_NO_TRANSACTION, Status.STATUS_COMMITTED, Status.STATUS_ROLLEDBACK);
    private static final String NAME = "java:comp/TransactionSynchronizationRegistry";

    /** Answers for the thread that calls it. Null until it is found. */
    private volatile TransactionSynchronizationRegistry registry;

    /** Returns false also for a transaction that has ended: its synchronizations may be the callers. */
    @Override
    public boolean isActive() {
        return registry()
                .map(TransactionSynchronizationRegistry::getTransactionStatus)
                .filter(status -> !ENDED.contains(status))
                .isPresent();
    }

    /** Returns empty on a thread that does not belong to an application: such a thread has no transaction. */
    private Optional<TransactionSynchronizationRegistry> registry() {
        if (registry == null) {
            try {
                registry = InitialContext.doLookup(NAME);
            } catch (NamingException e) {
                LOG.log(Level.FINE, "This thread has no transaction registry", e);
            }
        }
        return Optional.ofNullable(registry);
    }

    @Override
    public Connection connection(DataSource source) throws SQLException {
        if (registry.getResource(this) instanceof Connection known) {
            return known;
        }
        Connection connection = source.getConnection();
        try {
            registry.putResource(this, connection);
            registry.registerInterposedSynchronization(after(status -> close(connection)));
            return connection;
        } catch (RuntimeException e) {
            close(connection);
            throw e;
        }
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.log(Level.FINE, "The server has already closed the connection", e);
        }
    }

    @Override
    public void rollBack() {
        registry.setRollbackOnly();
    }

    @Override
    public void afterCommit(Runnable action) {
        registry.registerInterposedSynchronization(after(status -> {
            if (status == Status.STATUS_COMMITTED) {
                action.run();
            }
        }));
    }

    private interface Completion {
        void ended(int status);
    }

    private static Synchronization after(Completion completion) {
        return new Synchronization() {

            @Override
            public void beforeCompletion() {
                // Nothing has to happen before the end.
            }

            @Override
            public void afterCompletion(int status) {
                completion.ended(status);
            }
        };
    }
}
