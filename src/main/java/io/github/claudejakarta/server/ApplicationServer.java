package io.github.claudejakarta.server;

import jakarta.servlet.ServletRequest;
import java.net.Socket;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import javax.sql.DataSource;

/**
 * The application server that this application runs on: everything that Jakarta EE has no API for, or that has another
 * name on another server. {@link PortableServer} uses Jakarta EE alone. A server that can do more has a class of its
 * own, which {@link KnownServers} chooses.
 *
 * <p>Safe for use by many threads.
 */
public interface ApplicationServer {

    /** The JNDI name of the data source where none is configured. */
    String DATABASE = "jdbc/claude";

    /** Returns the server that this application runs on. */
    static ApplicationServer current() {
        return KnownServers.CURRENT;
    }

    /**
     * Returns a factory of managed platform threads.
     *
     * @throws IllegalStateException if the server has none
     */
    ThreadFactory platformThreads();

    /**
     * Returns a factory of managed virtual threads; of platform threads on a server or a Java without virtual ones.
     *
     * @throws IllegalStateException if the server has none of either
     */
    ThreadFactory virtualThreads();

    /**
     * Returns a database.
     *
     * @param jndiName of the data source
     * @throws IllegalStateException if the server has none of that name
     */
    DataSource dataSource(String jndiName);

    /**
     * Returns whether a data source of this name is configured, also if it does not work at the moment.
     *
     * @param jndiName of the data source
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

    /** Whether it makes sense to look for a database. Yes for every server: its database may be away for a while. */
    default boolean hasDatabase() {
        return true;
    }

    /** Returns the transaction of whichever thread calls it. */
    CurrentTransaction currentTransaction();

    /** Returns what begins transactions for work of the application. */
    TransactionRunner transactions();

    /**
     * Runs an action when the server begins to stop, before it takes connections, threads and data sources from its
     * applications. Jakarta EE has no word for that: {@code @PreDestroy} methods run after clients have lost their
     * connections.
     *
     * @param action may be run by any thread, and more than once; the server waits for it
     * @return removes the action, so that nothing holds an application that was undeployed
     */
    Runnable onStop(Runnable action);

    /**
     * Decodes a value that was encoded with the server's own tool, such as {@code {xor}...} or {@code {aes}...}.
     *
     * @return empty if the server cannot decode the value
     */
    default Optional<String> decode(String encoded) {
        return Optional.empty();
    }

    /**
     * Gives the server reason phrases for the error statuses that it has none for, where it needs that.
     *
     * @param ofWebContainer any object whose class is the web container's own
     */
    void completeReasonPhrases(Object ofWebContainer);

    /**
     * Returns the socket behind a request.
     *
     * @param request the server's own, not a wrapper, over HTTP/1, while it is processed
     * @return empty if the server has no way to it; then its own time-outs close connections
     */
    Optional<Socket> socket(ServletRequest request);
}
