package io.github.claudejakarta.durable;

import com.github.kagkarlsson.scheduler.jdbc.AutodetectJdbcCustomization;
import com.github.kagkarlsson.scheduler.jdbc.JdbcCustomization;
import com.github.kagkarlsson.scheduler.jdbc.PostgreSqlJdbcCustomization;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.flywaydb.core.api.FlywayException;

/**
 * The database and its schema, which is brought up to date before anything else is done with it.
 *
 * <p>Safe for use by many threads.
 */
public final class Database {

    private static final Logger LOG = Logger.getLogger(Database.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String AWAY = "The database (jdbc/claude) is not available";
    private static final Duration TRY_AGAIN = Duration.ofSeconds(10);

    private final Supplier<DataSource> find;
    private final CallersTransaction callers;
    private final Duration patience;
    private final CountDownLatch tried = new CountDownLatch(1);
    private volatile DataSource source;
    private volatile JdbcCustomization dialect;

    /**
     * @param find    looks the {@code DataSource} up; throws {@link IllegalStateException} where there is none
     * @param callers the transaction that a caller may be in
     */
    public Database(Supplier<DataSource> find, CallersTransaction callers) {
        this(find, callers, PATIENCE);
    }

    /** @param patience how long those wait who come before it was found */
    Database(Supplier<DataSource> find, CallersTransaction callers, Duration patience) {
        this.find = find;
        this.callers = callers;
        this.patience = patience;
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
    void open() {
        try {
            open(find.get());
        } finally {
            tried.countDown();
        }
    }

    private void open(DataSource found) {
        try (Connection connection = found.getConnection()) {
            String product = connection.getMetaData().getDatabaseProductName();
            boolean isH2 = product.equals("H2");
            Schema.upgrade(found, isH2);
            // Told, because its own search warns of H2, and would be made again for each task.
            dialect = switch (product) {
                case "H2" -> new H2Dialect();
                // Locks, then updates. Its one statement that does both may be planned as a loop that asks for the limited rows once for each row of
                // the table, and then takes all that are due: more than threads are free, and those of all other servers.
                case "PostgreSQL" -> new PostgreSqlJdbcCustomization(true, false);
                default -> new AutodetectJdbcCustomization(found);
            };
            source = found;
        } catch (SQLException | FlywayException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** How db-scheduler has to speak to it. */
    JdbcCustomization dialect() {
        return dialect;
    }

    DataSource source() {
        return source;
    }

    /** Whether it was found, and has its schema. */
    public boolean isOpen() {
        return source != null;
    }

    /** Whether it answers now; waits for that at most this long, and as long as its pool takes. Says nothing in the log. */
    public boolean answers(Duration patience) {
        if (!isOpen()) {
            return false;
        }
        try (Connection connection = source.getConnection()) {
            return connection.isValid((int) patience.toSeconds());
        } catch (SQLException e) {
            return false;
        }
    }

    /** Whether it was looked for, and found or not: what needs it need not wait any longer. */
    public boolean isTried() {
        return tried.getCount() == 0;
    }

    /** Work in one transaction: all of it happens, or nothing. */
    public <T> T transaction(Work<T> work) {
        return use(connection -> {
            connection.setAutoCommit(false);
            boolean isDone = false;
            try {
                T result = work.with(connection);
                connection.commit();
                isDone = true;
                return result;
            } finally {
                if (!isDone) {
                    connection.rollback();
                }
                connection.setAutoCommit(true);
            }
        });
    }

    /**
     * Work in the caller's transaction, where there is one: it happens if that is committed. Otherwise in one of its own. Where it fails, either is
     * rolled back; while there is no database the caller's stays as it is.
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
        awaitOpen();
        try {
            T result = work.with(callers.connection(source));
            callers.afterCommit(done);
            return result;
        } catch (SQLException e) {
            callers.rollBack();
            throw failed(e, "The database (jdbc/claude) cannot take part in this transaction, or is not available; others in it have to be XA");
        } catch (RuntimeException e) {
            callers.rollBack();
            throw e;
        }
    }

    /**
     * Work whose statements are each on their own.
     *
     * @throws ClaudeException 503 while there is no database
     */
    public <T> T use(Work<T> work) {
        awaitOpen();
        try (Connection connection = source.getConnection()) {
            return work.with(connection);
        } catch (SQLException e) {
            throw failed(e, AWAY);
        }
    }

    private static ClaudeException failed(SQLException e, String told) {
        // Not its message: a driver may put the values of the statement into it, and those are prompts.
        LOG.warning(() -> "The database failed: " + e.getClass().getName() + ", SQL state " + e.getSQLState() + ", code " + e.getErrorCode());
        return away(told).withCause(e);
    }

    /** A server that has just started is about to have its database; of one that has tried in vain nobody waits for the next time. */
    private void awaitOpen() {
        try {
            if (!isOpen() && !(tried.await(patience.toMillis(), TimeUnit.MILLISECONDS) && isOpen())) {
                throw away(AWAY);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw away(AWAY).withCause(e);
        }
    }

    private static ClaudeException away(String told) {
        return ClaudeException.of(503, ErrorType.API, told).withRetryAfter(TRY_AGAIN);
    }
}
