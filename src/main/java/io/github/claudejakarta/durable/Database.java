package io.github.claudejakarta.durable;

import com.github.kagkarlsson.scheduler.jdbc.AutodetectJdbcCustomization;
import com.github.kagkarlsson.scheduler.jdbc.JdbcCustomization;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.Ticker;
import io.github.claudejakarta.server.CurrentTransaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.flywaydb.core.api.FlywayException;

/**
 * The database and its schema, which is brought up to date before anything else is done with it.
 *
 * <p>Once it is {@link #watch() watched}, a database that is away is left to the thread that watches it: all other work
 * gets 503 immediately. A store that has failed may keep a thread that uses it for ever, and a pool without connections
 * keeps it for half a minute.
 *
 * <p>Safe for use by many threads.
 */
public final class Database {

    private static final Logger LOG = Logger.getLogger(Database.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    /** How long after its store failed: a full disk may have room for a moment. */
    private static final Duration NO_RECOVERY = Duration.ofMinutes(1);

    private static final int NAMES_SHOWN = 20;

    private final DatabaseSettings settings;
    private final Supplier<DataSource> find;
    private final CurrentTransaction callers;
    private final Duration patience;
    private final Availability availability;
    private final CountDownLatch tried = new CountDownLatch(1);
    private volatile DataSource source;
    private volatile JdbcCustomization dialect;
    private volatile Optional<H2File> file = Optional.empty();
    private volatile boolean isWatched;

    /**
     * @param find looks the {@code DataSource} up; throws {@link IllegalStateException} where there is none
     * @param callers the transaction that a caller may be in
     */
    public Database(DatabaseSettings settings, Supplier<DataSource> find, CurrentTransaction callers) {
        this(settings, find, callers, PATIENCE, Ticker.SYSTEM);
    }

    /** @param patience how long those wait who come before it was found */
    Database(
            DatabaseSettings settings,
            Supplier<DataSource> find,
            CurrentTransaction callers,
            Duration patience,
            Ticker ticker) {
        this.settings = settings;
        this.find = find;
        this.callers = callers;
        this.patience = patience;
        this.availability = new Availability(settings.words(), ticker);
    }

    /** Whose rows and tasks this application sees, and whose name those have that it makes. */
    public ApplicationName application() {
        return settings.application();
    }

    /** The database as messages name it: {@code The database (jdbc/claude)}. */
    String words() {
        return settings.words();
    }

    /** Work with a connection. It may be done again by the caller, never by the database. */
    public interface Work<T> {
        T with(Connection connection) throws SQLException;
    }

    /**
     * Finds the database and brings its schema up to date.
     *
     * @throws IllegalStateException where there is none, or it is away
     */
    synchronized void open() {
        try {
            if (!isOpen()) {
                open(find.get());
            }
        } finally {
            tried.countDown();
        }
    }

    /** Notes that the database stays closed: work that needs it gets 503 immediately. */
    public void leaveClosed() {
        tried.countDown();
    }

    private void open(DataSource found) {
        try (Connection connection = found.getConnection()) {
            String product = connection.getMetaData().getDatabaseProductName();
            boolean isH2 = product.equals("H2");
            boolean isUpgraded = new Schema(settings, isH2).upgrade(found);
            if (isH2) {
                var identities = new H2Identities(connection);
                identities.repair();
                if (isUpgraded) {
                    identities.write();
                }
            }
            // Told, because its own search warns of H2, and would be made again for each task.
            dialect = switch (product) {
                case "H2" -> new H2Dialect(application());
                case "PostgreSQL" -> new PostgresDialect(application());
                default -> new AutodetectJdbcCustomization(found);
            };
            file = isH2 ? H2File.of(connection.getMetaData().getURL()) : Optional.empty();
            warnOfOtherNames(connection);
            source = found;
        } catch (SQLException | FlywayException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /**
     * An application that was renamed, such as a WAR with its version in its file name, no longer sees what it stored.
     */
    private void warnOfOtherNames(Connection connection) throws SQLException {
        List<String> names = Sql.list(
                connection,
                "select application from claude_kept group by application having sum(bytes) > 0 or application = ?"
                        + " order by case when application = ? then 0 else 1 end, application limit " + NAMES_SHOWN,
                row -> row.getString(1),
                application().value(),
                application().value());
        if (!names.isEmpty() && !names.contains(application().value())) {
            LOG.warning(() -> words() + " has no jobs or batches of this application, which is named " + application()
                    + ", but of others: " + String.join(", ", names)
                    + ". If one of these is an earlier name of this application, set claude.application to it");
        }
    }

    /** How db-scheduler has to speak to it. */
    JdbcCustomization dialect() {
        return dialect;
    }

    /** The source of connections for db-scheduler, which fails immediately while the database is away. */
    DataSource source() {
        return WatchedSource.of(source, this::isLeftAlone, availability);
    }

    Availability availability() {
        return availability;
    }

    /**
     * Has somebody who calls {@link #look} again and again while the database is away. From then on nobody else touches
     * it meanwhile.
     */
    void watch() {
        isWatched = true;
    }

    private boolean isLeftAlone() {
        return isWatched && availability.isAway();
    }

    /** Looks whether a database that is away is back. May take long. */
    void look(Duration patience) {
        if (availability.isAway()) {
            ask(patience);
        }
    }

    /** Whether the server has a data source for it, whether or not the database answers. */
    public boolean isConfigured() {
        if (isOpen()) {
            return true;
        }
        try {
            return find.get() != null;
        } catch (IllegalStateException e) {
            LOG.log(Level.FINE, "There is no data source", e);
            return false;
        }
    }

    /** Whether it was found, and has its schema. */
    public boolean isOpen() {
        return source != null;
    }

    /**
     * Whether it answers now; waits for that at most this long, and as long as its pool takes. Logs when it does not
     * any more.
     */
    public boolean answers(Duration patience) {
        return isOpen() && !isLeftAlone() && ask(patience);
    }

    private boolean ask(Duration patience) {
        long ended = availability.ended();
        long begin = System.nanoTime();
        try {
            do {
                try (Connection connection = source.getConnection()) {
                    if (connection.isValid((int) Math.max(1, patience.toSeconds()))) {
                        availability.answered();
                        return true;
                    }
                    // A pool may have more of those that were broken while nobody used them. It would give us the same
                    // one again.
                    connection.abort(Runnable::run);
                }
            } while (System.nanoTime() - begin < patience.toNanos());
            availability.lost(new SQLException("no answer"), ended);
        } catch (SQLException | RuntimeException e) {
            availability.lost(e, ended);
        }
        return false;
    }

    /** Whether it was looked for, and found or not: what needs it need not wait any longer. */
    public boolean isTried() {
        return tried.getCount() == 0;
    }

    /**
     * Returns why only a restart of this process makes the database reliable again; empty as long as that is not so. H2
     * in this process does not recover from a write that failed, for example on a full disk: threads that were using it
     * spin or keep its connections, and it opens again only at times. While the disk is full a restart would not help,
     * so none is requested.
     */
    public Optional<String> needsRestart() {
        return availability
                .storeFailedFor()
                .filter(since -> since.compareTo(NO_RECOVERY) > 0
                        && file.filter(H2File::hasRoom).isPresent())
                .map(since -> "H2 failed to use its file " + since.toSeconds()
                        + " s ago. Its disk has room now. Only a restart makes it reliable again");
    }

    /**
     * Work in one transaction: all of it happens, or nothing.
     *
     * @throws ClaudeException 503 while there is no database
     */
    public <T> T transaction(Work<T> work) {
        return use(connection -> {
            connection.setAutoCommit(false);
            T result;
            try {
                result = work.with(connection);
                connection.commit();
            } catch (SQLException | RuntimeException | Error e) {
                undo(connection, e);
                throw e;
            }
            restore(connection);
            return result;
        });
    }

    /** The failure that led here is the one to report, and not one that comes of it. */
    private static void undo(Connection connection, Throwable failure) {
        // A rollback on a lost connection changes nothing. With a store of H2 that has failed it may never return.
        if (!Outage.isLost(failure)) {
            try {
                connection.rollback();
                connection.setAutoCommit(true);
            } catch (SQLException | RuntimeException e) {
                failure.addSuppressed(e);
            }
        }
    }

    /** What is committed has happened, whatever becomes of the connection. */
    private static void restore(Connection connection) {
        try {
            connection.setAutoCommit(true);
        } catch (SQLException | RuntimeException e) {
            LOG.log(Level.FINE, "The connection was lost after the commit", e);
        }
    }

    /**
     * Work in the caller's transaction, where there is one: it happens if that is committed. Otherwise in one of its
     * own. Where it fails, either is rolled back; while there is no database the caller's stays as it is.
     *
     * @param done is run once the work cannot be undone any more, and not where it is
     * @throws ClaudeException 503 while there is no database
     */
    public <T> T join(Work<T> work, Runnable done) {
        if (!callers.isActive()) {
            T result = transaction(work);
            done.run();
            return result;
        }
        requireAnswer();
        long ended = availability.ended();
        try {
            T result = work.with(callers.connection(source));
            callers.afterCommit(done);
            return result;
        } catch (Error e) {
            rollBackCallers(e);
            throw e;
        } catch (SQLException | RuntimeException e) {
            rollBackCallers(e);
            throw translated(
                    e,
                    ended,
                    words() + " cannot take part in this transaction, or is not available; others in it have to be XA");
        }
    }

    private void rollBackCallers(Throwable failure) {
        try {
            callers.rollBack();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Work whose statements are each on their own.
     *
     * @throws ClaudeException 503 while there is no database
     */
    public <T> T use(Work<T> work) {
        requireAnswer();
        long ended = availability.ended();
        Connection connection = connection(ended);
        try {
            return work.with(connection);
        } catch (SQLException | RuntimeException e) {
            throw translated(e, ended, availability.away());
        } finally {
            close(connection);
        }
    }

    private Connection connection(long ended) {
        try {
            return source.getConnection();
        } catch (SQLException | RuntimeException e) {
            availability.lost(e, ended);
            throw Availability.unavailable(availability.away()).withCause(e);
        }
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException | RuntimeException e) {
            LOG.log(Level.FINE, "The connection was lost", e);
        }
    }

    /** A failure of the database as 503, or as what was rejected; any other as it is. */
    private RuntimeException translated(Exception failure, long ended, String message) {
        boolean isOurs =
                failure instanceof ClaudeException || Outage.failure(failure).isEmpty();
        if (isOurs && failure instanceof RuntimeException ours) {
            return ours;
        }
        availability.failed(failure, ended);
        return availability.failure(failure, message);
    }

    private void requireAnswer() {
        awaitOpen();
        if (isLeftAlone()) {
            throw Availability.unavailable(availability.away());
        }
    }

    /**
     * A server that has just started is about to have its database; of one that has tried in vain nobody waits for the
     * next time.
     */
    private void awaitOpen() {
        try {
            if (!isOpen() && !(tried.await(patience.toMillis(), TimeUnit.MILLISECONDS) && isOpen())) {
                throw Availability.unavailable(availability.away());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Availability.unavailable(availability.away()).withCause(e);
        }
    }
}
