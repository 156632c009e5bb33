package io.github.claudejakarta.server;

import jakarta.servlet.ServletRequest;
import java.net.Socket;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.naming.InitialContext;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.sql.DataSource;

/**
 * Any server with Jakarta EE. It finds thread factories and the database by the names of {@code server.xml}. It notices
 * a stop by a JVM shutdown hook, which runs at {@code SIGTERM}. It cannot find the socket of a request.
 */
class PortableServer implements ApplicationServer {

    /** The default factory of Jakarta EE, which every server has. */
    static final String DEFAULT_THREADS = "java:comp/DefaultManagedThreadFactory";

    private static final Logger LOG = Logger.getLogger(PortableServer.class.getName());
    private static final String PLATFORM_THREADS = "concurrent/claude-platform";
    private static final String VIRTUAL_THREADS = "concurrent/claude-virtual";
    private static final String APPLICATION = "java:app/AppName";

    private final CurrentTransaction transaction = new JtaCurrentTransaction();
    private final TransactionRunner transactions = new JtaTransactionRunner();

    @Override
    public ThreadFactory platformThreads() {
        return threads(List.of(PLATFORM_THREADS, DEFAULT_THREADS));
    }

    @Override
    public ThreadFactory virtualThreads() {
        return threads(List.of(VIRTUAL_THREADS, PLATFORM_THREADS, DEFAULT_THREADS));
    }

    private static ThreadFactory threads(List<String> names) {
        for (String name : names) {
            try {
                ThreadFactory factory = InitialContext.doLookup(name);
                LOG.info("Streams run on threads of " + name);
                return factory;
            } catch (NamingException e) {
                LOG.info("The server has no thread factory " + name + ": " + e.getMessage());
            }
        }
        throw new IllegalStateException("The server has none of the thread factories " + names
                + ". Add the feature concurrent-3.0 to server.xml.");
    }

    @Override
    public DataSource dataSource(String jndiName) {
        try {
            return InitialContext.doLookup(jndiName);
        } catch (NamingException | ClassCastException e) {
            throw new IllegalStateException("The server has no data source " + jndiName + ": " + e.getMessage(), e);
        }
    }

    @Override
    public boolean hasDataSource(String jndiName) {
        try {
            InitialContext.doLookup(jndiName);
            return true;
        } catch (NameNotFoundException e) {
            LOG.log(Level.FINE, "The server has no such data source", e);
            return false;
        } catch (NamingException | ClassCastException e) {
            LOG.log(Level.FINE, "The data source does not work", e);
            return true;
        }
    }

    @Override
    public Optional<String> applicationName() {
        try {
            return Optional.of(InitialContext.doLookup(APPLICATION));
        } catch (NamingException e) {
            LOG.log(Level.FINE, "This code does not run in an application", e);
            return Optional.empty();
        }
    }

    @Override
    public CurrentTransaction currentTransaction() {
        return transaction;
    }

    @Override
    public TransactionRunner transactions() {
        return transactions;
    }

    @Override
    public Runnable onStop(Runnable action) {
        var hook = new Thread(action, "claude-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        return () -> remove(hook);
    }

    private static void remove(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            LOG.log(Level.FINE, "The JVM is shutting down", e);
        }
    }

    @Override
    public void completeReasonPhrases(Object ofWebContainer) {
        // A server that needs this has its own class.
    }

    @Override
    public Optional<Socket> socket(ServletRequest request) {
        return Optional.empty();
    }
}
