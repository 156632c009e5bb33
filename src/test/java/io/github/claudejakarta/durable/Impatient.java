package io.github.claudejakarta.durable;

import io.github.claudejakarta.server.CurrentTransaction;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;
import javax.sql.DataSource;

/** A database and its tasks with short waits for tests. */
public final class Impatient {

    private static final Duration TIMEOUT = Duration.ofMillis(100);
    private static final Duration HEARTBEAT = Duration.ofMillis(250);

    /** The application of the tests. */
    public static final DatabaseSettings SETTINGS = new DatabaseSettings("jdbc/claude", new ApplicationName("tests"));

    private Impatient() {}

    public static Database database(Supplier<DataSource> find) {
        return database(SETTINGS.jndiName(), find);
    }

    /** Returns a database whose data source has this name. */
    public static Database database(String jndiName, Supplier<DataSource> find) {
        var settings = new DatabaseSettings(jndiName, SETTINGS.application());
        return new Database(settings, find, CurrentTransaction.NONE, TIMEOUT, System::nanoTime);
    }

    /** Returns an open database. */
    public static Database opened(DataSource source) {
        return opened(source, CurrentTransaction.NONE);
    }

    /** Returns an open database of another application. */
    public static Database opened(DataSource source, String application) {
        var settings = new DatabaseSettings(SETTINGS.jndiName(), new ApplicationName(application));
        var database = new Database(settings, () -> source, CurrentTransaction.NONE, TIMEOUT, System::nanoTime);
        database.open();
        return database;
    }

    /** Returns an open database for callers that may be in a transaction. */
    public static Database opened(DataSource source, CurrentTransaction callers) {
        var database = new Database(SETTINGS, () -> source, callers, TIMEOUT, System::nanoTime);
        database.open();
        return database;
    }

    public static DurableTasks tasks(Database database) {
        return tasks(database, HEARTBEAT);
    }

    public static DurableTasks tasks(Database database, Duration heartbeat) {
        ThreadFactory daemons = work -> {
            var thread = new Thread(work, "task");
            thread.setDaemon(true);
            return thread;
        };
        return new DurableTasks(database, daemons, heartbeat, TIMEOUT);
    }
}
