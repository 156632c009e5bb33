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
 * Open Liberty and WebSphere Liberty. Its own classes are used by reflection, because applications do not see them.
 * Where they are not as expected, as on another version, this server does what {@link PortableServer} does.
 */
final class Liberty extends PortableServer {

    /** The beginning of the names of its classes. */
    static final String CLASSES = "com.ibm.";

    private static final Logger LOG = Logger.getLogger(Liberty.class.getName());

    /** Found when the application starts: the lookup fails on threads that are not the server's own. */
    private final Optional<LibertyLocalTransaction> localTransaction = localTransaction();

    private static Optional<LibertyLocalTransaction> localTransaction() {
        try {
            return Optional.of(LibertyLocalTransaction.find());
        } catch (NamingException | ReflectiveOperationException | RuntimeException | LinkageError e) {
            LOG.log(Level.FINE, "Liberty's UOWManager was not found", e);
            return Optional.empty();
        }
    }

    /** On any thread. */
    @Override
    public DataSource dataSource(String jndiName) {
        DataSource found = super.dataSource(jndiName);
        if (localTransaction.isEmpty()) {
            LOG.warning(
                    () -> "This version of Liberty may keep connections of " + jndiName
                            + " that are closed. Set enableSharingForDirectLookups=\"false\" in the connectionManager of the data source, otherwise the pool may run out of connections");
            return found;
        }
        return UnsharedSource.of(found, localTransaction.get(), currentTransaction()::isActive);
    }

    @Override
    public Runnable onStop(Runnable action) {
        try {
            return QuiesceListener.register(InitialContext.doLookup(DEFAULT_THREADS), action);
        } catch (NamingException | ReflectiveOperationException | RuntimeException | LinkageError e) {
            LOG.log(Level.FINE, "This version of Liberty has no listener for its stop: a JVM shutdown hook is used", e);
            return super.onStop(action);
        }
    }

    @Override
    public Optional<String> decode(String encoded) {
        try {
            return EncodedPassword.decode(InitialContext.doLookup(DEFAULT_THREADS), encoded);
        } catch (NamingException | ReflectiveOperationException | RuntimeException | LinkageError e) {
            LOG.log(Level.FINE, "This version of Liberty has no decoder of passwords", e);
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
            LOG.log(Level.FINE, "The connection of a request was not found; the server's time-out closes it", e);
            return Optional.empty();
        }
    }
}
