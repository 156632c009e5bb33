package io.github.claudejakarta.server;

import jakarta.servlet.ServletRequest;
import java.net.Socket;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import javax.sql.DataSource;

/**
 * The application server that this application runs on. It has functions for which Jakarta EE has no API, and resources
 * whose names differ between servers. {@link PortableServer} uses Jakarta EE alone. A server with more functions has
 * its own class, which {@link KnownServers} chooses.
 *
 * <p>Safe for use by many threads.
 */
public interface ApplicationServer {

    /** The default JNDI name of the data source. */
    String DATABASE = "jdbc/claude";

    /** Returns the server that this application runs on. */
    static ApplicationServer current() {
        return KnownServers.CURRENT;
    }

    /**
     * Returns a factory of managed platform threads.
     *
     * @throws IllegalStateException if the server has no such factory
     */
    ThreadFactory platformThreads();

    /**
     * Returns a factory of managed virtual threads, or of platform threads if the server or its Java has no virtual
     * ones.
     *
     * @throws IllegalStateException if the server has no factory of either kind
     */
    ThreadFactory virtualThreads();

    /**
     * Returns a data source.
     *
     * @param jndiName the JNDI name of the data source
     * @throws IllegalStateException if the server has no data source of that name
     */
    DataSource dataSource(String jndiName);

    /**
     * Returns whether a data source of this name is configured, also if it does not work at the moment.
     *
     * @param jndiName the JNDI name of the data source
     */
    default boolean hasDataSource(String jndiName) {
        try {
            return dataSource(jndiName) != null;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    /**
     * Returns the name of the application that contains this code, the same on each server that the application is
     * deployed to under the same name.
     *
     * @return empty outside of an application
     */
    Optional<String> applicationName();

    /** Returns whether to look for a database. True for every server: its database may be unavailable for a while. */
    default boolean hasDatabase() {
        return true;
    }

    /** Returns an object that represents the transaction of the thread that uses it. */
    CurrentTransaction currentTransaction();

    /** Returns a runner of transactions, for work of the application. */
    TransactionRunner transactions();

    /**
     * Registers an action that runs when the server begins to stop, while connections, threads and data sources still
     * work. Jakarta EE has no API for this: {@code @PreDestroy} methods run after clients have lost their connections.
     *
     * @param action may be run by any thread, and more than once; the server waits for it
     * @return removes the action, so that the server does not hold an application that was undeployed
     */
    Runnable onStop(Runnable action);

    /**
     * Decodes a value that was encoded with the server's tool, such as {@code {xor}...} or {@code {aes}...}.
     *
     * @return empty if the server cannot decode the value
     */
    default Optional<String> decode(String encoded) {
        return Optional.empty();
    }

    /**
     * Adds reason phrases for the error statuses for which the server has none. It does nothing if the server needs
     * none.
     *
     * @param ofWebContainer any object whose class belongs to the web container
     */
    void completeReasonPhrases(Object ofWebContainer);

    /**
     * Returns the socket behind a request.
     *
     * @param request the server's own object, not a wrapper, of an HTTP/1 request that is being processed
     * @return empty if the server does not reveal the socket; then its own timeouts close connections
     */
    Optional<Socket> socket(ServletRequest request);
}
