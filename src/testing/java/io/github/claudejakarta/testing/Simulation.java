package io.github.claudejakarta.testing;

import io.github.claudejakarta.simulator.Simulator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ParameterResolutionException;

/**
 * The simulator and the beans of {@link ClaudeSimulator}. They start when they are first needed. Safe for use by many
 * threads: tests that run concurrently may share it.
 */
final class Simulation implements AutoCloseable {

    private final ClaudeSimulator settings;
    private final String owner;
    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private Simulator simulator;
    private ClaudeBeans beans;

    /**
     * Creates a simulation that has not started anything.
     *
     * @param owner the id of the test or class that closes this simulation
     */
    Simulation(ClaudeSimulator settings, String owner) {
        this.settings = settings;
        this.owner = owner;
    }

    boolean belongsTo(String testOrClass) {
        return owner.equals(testOrClass);
    }

    synchronized Simulator simulator() {
        if (simulator == null) {
            try {
                simulator = Simulator.start(new TrackedThreads("claude-simulator"), settings.port())
                        .skipDelays();
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "The simulator could not start on port " + settings.port() + ": " + e.getMessage(), e);
            }
            started.push(simulator);
        }
        return simulator;
    }

    synchronized ClaudeBeans beans() {
        if (beans == null) {
            ClaudeBeans.Builder builder = ClaudeBeans.builder(simulator().baseUri())
                    .set("claude.batch.poll-interval", "PT0.1S")
                    .set("claude.job.backoff", "PT0.1S");
            for (String property : settings.properties()) {
                int equals = property.indexOf('=');
                if (equals < 1) {
                    throw new ExtensionConfigurationException(
                            "@ClaudeSimulator(properties): \"" + property + "\" is not \"key=value\"");
                }
                builder.set(
                        property.substring(0, equals).strip(),
                        property.substring(equals + 1).strip());
            }
            if (settings.database()) {
                var database = InMemoryDatabase.open();
                started.push(database);
                builder.database(database);
            }
            beans = builder.start();
            started.push(beans);
        }
        return beans;
    }

    /** Returns the beans, for a bean that needs a database. */
    ClaudeBeans requireDatabase(Class<?> bean) {
        if (!settings.database()) {
            throw new ParameterResolutionException(
                    bean.getSimpleName() + " needs a database. Use @ClaudeSimulator(database = true).");
        }
        return beans();
    }

    /** Closes everything in the reverse order of its start, also if a part fails to close. */
    @Override
    public synchronized void close() {
        RuntimeException failure = null;
        while (!started.isEmpty()) {
            try {
                started.pop().close();
            } catch (Exception e) {
                var thrown = new IllegalStateException(
                        "@ClaudeSimulator could not close the beans, the simulator or the database", e);
                if (failure == null) {
                    failure = thrown;
                } else {
                    failure.addSuppressed(thrown);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
