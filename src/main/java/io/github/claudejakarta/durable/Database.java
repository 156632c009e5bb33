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
 * Runs work with the database. Upgrades the schema before any other use.
 *
 * <p>After {@link #watch()}, only the watching thread uses a database that is away: all other work gets 503
 * immediately. Without this rule, a failed store might block a thread forever, and a pool without connections blocks it
 * for 30 s.
 *
 * <p>Safe for use by many threads.
 */
public final class Database {

    private static final Logger LOG = Logger.getLogger(Database.class.getName());
    private static final Duration OPEN_TIMEOUT = Duration.ofSeconds(10);
    /** Time after a failure of the store. A full disk may have free space for a moment. */
    private static final Duration RESTART_DELAY = Duration.ofMinutes(1);

    private static final int MAX_NAMES = 20;

    private final DatabaseSettings settings;
    private final Supplier<DataSource> find;
    private final CurrentTransaction callers;
    private final Duration openTimeout;
    private final Availability availability;
    private final CountDownLatch firstAttempt = new CountDownLatch(1);
    private volatile DataSource source;
    private volatile JdbcCustomization dialect;
    private volatile Optional<H2File> file = Optional.empty();
    private volatile boolean isWatched;

    /**
     * @param find looks the {@code DataSource} up; throws {@link IllegalStateException} if it does not exist
     * @param callers the transaction that a caller may be in
     */
    public Database(DatabaseSettings settings, Supplier<DataSource> find, CurrentTransaction callers) {
        this(settings, find, callers, OPEN_TIMEOUT, Ticker.SYSTEM);
    }

    /** @param openTimeout maximum time that work waits for the first attempt to open the database */
    Database(
            DatabaseSettings settings,
            Supplier<DataSource> find,
            CurrentTransaction callers,
            Duration openTimeout,
            Ticker ticker) {
        this.settings = settings;
        this.find = find;
        this.callers = callers;
        this.openTimeout = openTimeout;
        this.availability = new Availability(settings.description(), ticker);
    }

    /** Returns the application that owns the rows and tasks of this server. */
    public ApplicationName application() {
        return settings.application();
    }

    /** Returns the name of the database for messages: {@code The database (jdbc/claude)}. */
    String description() {
        return settings.description();
    }

    /** Work with a connection. The database runs it once and never repeats it; the caller may. */
    public interface Work<T> {
        T with(Connection connection) throws SQLException;
    }

    /**
     * Opens the database and upgrades its schema.
     *
     * @throws IllegalStateException if the data source does not exist or the database is away
     */
    synchronized void open() {
        try {
            if (!isOpen()) {
                open(find.get());
            }
        } finally {
            firstAttempt.countDown();
        }
    }

    /** Records that the database will not be opened. Work that needs it then gets 503 without waiting. */
    public void skipOpening() {
        firstAttempt.countDown();
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
                    identities.persist();
                }
            }
            // Set explicitly, because db-scheduler's own detection logs a warning for H2 and runs again for each task.
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
     * Warns if the database has rows of other applications and none of this one. An application that was renamed, such
     * as a WAR with its version in its file name, no longer sees its rows.
     */
    private void warnOfOtherNames(Connection connection) throws SQLException {
        List<String> names = Sql.list(
                connection,
                "select application from claude_kept group by application having sum(bytes) > 0 or application = ?"
                        + " order by case when application = ? then 0 else 1 end, application limit " + MAX_NAMES,
                row -> row.getString(1),
                application().value(),
                application().value());
        if (!names.isEmpty() && !names.contains(application().value())) {
            LOG.warning(
                    () -> description() + " has no jobs or batches of this application, which is named " + application()
                            + ". It has those of other applications: " + String.join(", ", names)
                            + ". If one of these is an earlier name of this application, set claude.application to it");
        }
    }

    /** Returns db-scheduler's dialect for this database. */
    JdbcCustomization dialect() {
        return dialect;
    }

    /** Returns the data source for db-scheduler. It fails immediately while the database is away. */
    DataSource source() {
        return WatchedSource.of(source, this::isBlocked, availability);
    }

    Availability availability() {
        return availability;
    }

    /**
     * Declares that a thread calls {@link #probeIfAway} regularly while the database is away. From then on no other
     * thread uses the database during an outage.
     */
    void watch() {
        isWatched = true;
    }

    private boolean isBlocked() {
        return isWatched && availability.isAway();
    }

    /** Checks whether a database that is away is back. Does nothing while it answers. May take long. */
    void probeIfAway(Duration timeout) {
        if (availability.isAway()) {
            probe(timeout);
        }
    }

    /** Returns whether the server has a data source for the database, even if the database does not answer. */
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

    /** Returns whether the database was opened and has its schema. */
    public boolean isOpen() {
        return source != null;
    }

    /**
     * Returns whether the database answers now. Waits at most this long plus the time that its pool needs. Logs the
     * beginning of an outage.
     */
    public boolean answers(Duration timeout) {
        return isOpen() && !isBlocked() && probe(timeout);
    }

    private boolean probe(Duration timeout) {
        long ended = availability.endedOutages();
        long begin = System.nanoTime();
        try {
            do {
                try (Connection connection = source.getConnection()) {
                    if (connection.isValid((int) Math.max(1, timeout.toSeconds()))) {
                        availability.reportAnswer();
                        return true;
                    }
                    // A pool may contain more connections that broke while they were idle. If this one were closed, the
                    // pool would return it again.
                    connection.abort(Runnable::run);
                }
            } while (System.nanoTime() - begin < timeout.toNanos());
            availability.reportLost(new SQLException("no answer"), ended);
        } catch (SQLException | RuntimeException e) {
            availability.reportLost(e, ended);
        }
        return false;
    }

    /**
     * Returns whether the first attempt to open the database has ended, successfully or not. Work that needs the
     * database then need not wait.
     */
    public boolean isTried() {
        return firstAttempt.getCount() == 0;
    }

    /**
     * Returns why only a restart of this process makes the database reliable again. Empty if no restart is needed. H2
     * in this process does not recover from a write that failed, for example on a full disk. Threads that were using it
     * spin or keep its connections, and it opens again only sometimes. While the disk is full a restart would not help,
     * so none is requested.
     */
    public Optional<String> needsRestart() {
        return availability
                .storeFailedFor()
                .filter(since -> since.compareTo(RESTART_DELAY) > 0
                        && file.filter(H2File::hasSpace).isPresent())
                .map(since -> "H2 failed to use its file " + since.toSeconds()
                        + " s ago. The disk has free space again. Restart the server to make the database reliable");
    }

    /**
     * Runs work in one transaction: all of its changes are committed, or none.
     *
     * @throws ClaudeException 503 while the database is not available
     */
    public <T> T transaction(Work<T> work) {
        return use(connection -> {
            connection.setAutoCommit(false);
            T result;
            try {
                result = work.with(connection);
                connection.commit();
            } catch (SQLException | RuntimeException | Error e) {
                rollBack(connection, e);
                throw e;
            }
            resetAutoCommit(connection);
            return result;
        });
    }

    /**
     * Rolls back after a failure. The caller reports that failure, so failures of the rollback are only attached to it.
     */
    private static void rollBack(Connection connection, Throwable failure) {
        // A rollback on a lost connection has no effect. With a failed store of H2 it may never return.
        if (!Outage.isLost(failure)) {
            try {
                connection.rollback();
                connection.setAutoCommit(true);
            } catch (SQLException | RuntimeException e) {
                failure.addSuppressed(e);
            }
        }
    }

    /** Resets a connection after a commit. A failure is only logged, because the changes are committed. */
    private static void resetAutoCommit(Connection connection) {
        try {
            connection.setAutoCommit(true);
        } catch (SQLException | RuntimeException e) {
            LOG.log(Level.FINE, "The connection was lost after the commit", e);
        }
    }

    /**
     * Runs work in the caller's transaction if it has one, and otherwise in a new transaction. In the caller's
     * transaction the changes take effect when the caller commits. If the work fails, the transaction is rolled back.
     * If the database is not available before the work begins, the caller's transaction is not changed.
     *
     * @param done runs after the changes are committed, and not if they are rolled back
     * @throws ClaudeException 503 while the database is not available
     */
    public <T> T join(Work<T> work, Runnable done) {
        if (!callers.isActive()) {
            T result = transaction(work);
            done.run();
            return result;
        }
        requireAvailable();
        long ended = availability.endedOutages();
        try {
            T result = work.with(callers.connection(source));
            callers.afterCommit(done);
            return result;
        } catch (Error e) {
            rollBackCaller(e);
            throw e;
        } catch (SQLException | RuntimeException e) {
            rollBackCaller(e);
            throw translated(
                    e,
                    ended,
                    description() + " cannot take part in this transaction, or is not available. "
                            + "All other resources of the transaction have to be XA");
        }
    }

    private void rollBackCaller(Throwable failure) {
        try {
            callers.rollBack();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Runs work without a transaction: each statement is committed separately.
     *
     * @throws ClaudeException 503 while the database is not available
     */
    public <T> T use(Work<T> work) {
        requireAvailable();
        long ended = availability.endedOutages();
        Connection connection = connection(ended);
        try {
            return work.with(connection);
        } catch (SQLException | RuntimeException e) {
            throw translated(e, ended, availability.unavailableMessage());
        } finally {
            close(connection);
        }
    }

    private Connection connection(long ended) {
        try {
            return source.getConnection();
        } catch (SQLException | RuntimeException e) {
            availability.reportLost(e, ended);
            throw Availability.unavailable(availability.unavailableMessage()).withCause(e);
        }
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException | RuntimeException e) {
            LOG.log(Level.FINE, "The connection was lost", e);
        }
    }

    /**
     * Converts a failure of the database to a 503 or to the error for a rejected value. Returns other failures
     * unchanged.
     */
    private RuntimeException translated(Exception failure, long ended, String message) {
        boolean isOurs =
                failure instanceof ClaudeException || Outage.failure(failure).isEmpty();
        if (isOurs && failure instanceof RuntimeException ours) {
            return ours;
        }
        availability.reportFailure(failure, ended);
        return availability.failure(failure, message);
    }

    private void requireAvailable() {
        awaitOpen();
        if (isBlocked()) {
            throw Availability.unavailable(availability.unavailableMessage());
        }
    }

    /**
     * Waits for the first attempt to open the database. After a failed first attempt callers do not wait for the next
     * one.
     */
    private void awaitOpen() {
        try {
            if (!isOpen() && !(firstAttempt.await(openTimeout.toMillis(), TimeUnit.MILLISECONDS) && isOpen())) {
                throw Availability.unavailable(availability.unavailableMessage());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Availability.unavailable(availability.unavailableMessage()).withCause(e);
        }
    }
}
