package io.github.claudejakarta.server;

import jakarta.servlet.ServletRequest;
import java.net.Socket;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;

/**
 * Open Liberty and WebSphere Liberty. Calls Liberty's classes by reflection, because applications do not see them. If
 * these classes differ, as in another version, it does the same as {@link PortableServer}.
 */
final class Liberty extends PortableServer {

    /** The prefix of the names of Liberty's classes. */
    static final String CLASSES = "com.ibm.";

    private static final Logger LOG = Logger.getLogger(Liberty.class.getName());

    /** Found when the application starts: the lookup fails on threads that the server does not manage. */
    private final Optional<LibertyLocalTransaction> localTransaction = localTransaction();

    private static Optional<LibertyLocalTransaction> localTransaction() {
        try {
            return Optional.of(LibertyLocalTransaction.find());
        } catch (NamingException | ReflectiveOperationException | RuntimeException | LinkageError e) {
            LOG.log(Level.FINE, "Liberty's UOWManager was not found", e);
            return Optional.empty();
        }
    }

    /** Returns a data source that works on any thread. */
    @Override
    public DataSource dataSource(String jndiName) {
        DataSource found = super.dataSource(jndiName);
        if (localTransaction.isEmpty()) {
            LOG.warning(() -> "This version of Liberty may keep connections of " + jndiName
                    + " after they are closed, and the pool may run out of connections. Set"
                    + " enableSharingForDirectLookups=\"false\" in the connectionManager of the data source.");
            return found;
        }
        return UnsharedDataSource.of(found, localTransaction.get(), currentTransaction()::isActive);
    }

    @Override
    public Runnable onStop(Runnable action) {
        try {
            return QuiesceListener.register(InitialContext.doLookup(DEFAULT_THREADS), action);
        } catch (NamingException | ReflectiveOperationException | RuntimeException | LinkageError e) {
            LOG.log(
                    Level.FINE,
                    "This version of Liberty has no ServerQuiesceListener: a JVM shutdown hook replaces it",
                    e);
            return super.onStop(action);
        }
    }

    @Override
    public Optional<String> decode(String encoded) {
        try {
            return EncodedPassword.decode(InitialContext.doLookup(DEFAULT_THREADS), encoded);
        } catch (NamingException | ReflectiveOperationException | RuntimeException | LinkageError e) {
            LOG.log(Level.FINE, "This version of Liberty has no password decoder", e);
            return Optional.empty();
        }
    }

    @Override
    public void completeReasonPhrases(Object ofWebContainer) {
        try {
            ReasonPhrases.complete(ofWebContainer.getClass().getClassLoader());
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            LOG.log(Level.FINE, "This version of Liberty has no table of reason phrases: some statuses lack one", e);
        }
    }

    @Override
    public Optional<Socket> socket(ServletRequest request) {
        try {
            return Optional.of(RequestSocket.of(request));
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.log(Level.FINE, "The socket of a request was not found: the server's timeout closes the connection", e);
            return Optional.empty();
        }
    }
}
