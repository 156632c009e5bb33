package io.github.claudejakarta.testing;

import io.github.claudejakarta.server.ApplicationServer;
import io.github.claudejakarta.server.CurrentTransaction;
import io.github.claudejakarta.server.TransactionRunner;
import jakarta.servlet.ServletRequest;
import java.net.Socket;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import javax.sql.DataSource;

/**
 * Replaces the application server for the beans of a test. It has threads, and a database if the test has one. No
 * caller has a transaction.
 */
final class TestServer implements ApplicationServer {

    private final ThreadFactory threads;
    private final Optional<DataSource> database;

    TestServer(ThreadFactory threads, Optional<DataSource> database) {
        this.threads = threads;
        this.database = database;
    }

    @Override
    public ThreadFactory platformThreads() {
        return threads;
    }

    @Override
    public ThreadFactory virtualThreads() {
        return threads;
    }

    @Override
    public boolean hasDatabase() {
        return database.isPresent();
    }

    @Override
    public DataSource dataSource(String jndiName) {
        return database.orElseThrow(() -> new IllegalStateException(
                "The test has no database. Set one with ClaudeBeans.builder(...).database(...)."));
    }

    @Override
    public Optional<String> applicationName() {
        return Optional.empty();
    }

    @Override
    public CurrentTransaction currentTransaction() {
        return CurrentTransaction.NONE;
    }

    @Override
    public TransactionRunner transactions() {
        return TransactionRunner.NONE;
    }

    @Override
    public Runnable onStop(Runnable action) {
        return () -> {};
    }

    @Override
    public void completeReasonPhrases(Object ofWebContainer) {
        // There is no web container.
    }

    @Override
    public Optional<Socket> socket(ServletRequest request) {
        return Optional.empty();
    }
}
