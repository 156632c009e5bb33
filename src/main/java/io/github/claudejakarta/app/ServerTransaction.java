package io.github.claudejakarta.app;

import io.github.claudejakarta.durable.CallersTransaction;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;

/**
 * The server's JTA transaction. It has one connection of ours however often it is asked for: a second one would be a second participant, of
 * which a data source that is not XA allows none.
 */
final class ServerTransaction implements CallersTransaction {

    private static final Logger LOG = Logger.getLogger(ServerTransaction.class.getName());
    private static final String NAME = "java:comp/TransactionSynchronizationRegistry";

    /** Of whatever thread asks it. */
    private final TransactionSynchronizationRegistry registry;

    private ServerTransaction(TransactionSynchronizationRegistry registry) {
        this.registry = registry;
    }

    /** None on a server without transactions. To be called on a thread of the application's. */
    static CallersTransaction find() {
        try {
            return new ServerTransaction(InitialContext.doLookup(NAME));
        } catch (NamingException e) {
            LOG.info("There are no transactions to take part in: " + e.getMessage());
            return NONE;
        }
    }

    @Override
    public boolean isActive() {
        return registry.getTransactionStatus() != Status.STATUS_NO_TRANSACTION;
    }

    @Override
    public Connection connection(DataSource source) throws SQLException {
        if (registry.getResource(this) instanceof Connection known) {
            return known;
        }
        Connection connection = source.getConnection();
        registry.putResource(this, connection);
        registry.registerInterposedSynchronization(after(status -> close(connection)));
        return connection;
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
