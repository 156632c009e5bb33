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
 * The server's JTA transaction. It has one connection of ours however often it is asked for: a second one would be a
 * second participant, of which a data source that is not XA allows none.
 */
final class JtaCurrentTransaction implements CurrentTransaction {

    private static final Logger LOG = Logger.getLogger(JtaCurrentTransaction.class.getName());
    private static final Set<Integer> OVER =
            Set.of(Status.STATUS_NO_TRANSACTION, Status.STATUS_COMMITTED, Status.STATUS_ROLLEDBACK);
    private static final String NAME = "java:comp/TransactionSynchronizationRegistry";

    /** Of whatever thread asks it, once it is found. */
    private volatile TransactionSynchronizationRegistry registry;

    /** One that has ended, whose observers may be calling, is none any more. */
    @Override
    public boolean isActive() {
        return registry()
                .map(TransactionSynchronizationRegistry::getTransactionStatus)
                .filter(status -> !OVER.contains(status))
                .isPresent();
    }

    /** A thread that is none of an application's does not find it, and is in no transaction. */
    private Optional<TransactionSynchronizationRegistry> registry() {
        if (registry == null) {
            try {
                registry = InitialContext.doLookup(NAME);
            } catch (NamingException e) {
                LOG.log(Level.FINE, "There is no transaction here", e);
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
            LOG.log(Level.FINE, "The server has closed it", e);
        }
    }

    @Override
    public void rollBack() {
        registry.setRollbackOnly();
    }

    @Override
    public void afterCommit(Runnable work) {
        registry.registerInterposedSynchronization(after(status -> {
            if (status == Status.STATUS_COMMITTED) {
                work.run();
            }
        }));
    }

    private interface Ending {
        void ended(int status);
    }

    private static Synchronization after(Ending ending) {
        return new Synchronization() {

            @Override
            public void beforeCompletion() {
                // nothing is left for the last moment
            }

            @Override
            public void afterCompletion(int status) {
                ending.ended(status);
            }
        };
    }
}
