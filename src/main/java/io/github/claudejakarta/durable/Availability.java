package io.github.claudejakarta.durable;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.Ticker;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Records whether an open database answers. Logs one line when an outage begins and one when it ends.
 *
 * <p>Safe for use by many threads.
 */
final class Availability {

    static final int STATUS = 503;

    /** SQL states of PostgreSQL and H2 for a reference to a row that does not exist. */
    private static final Set<String> MISSING_REFERENCE = Set.of("23503", "23506");

    private static final Logger LOG = Logger.getLogger(Availability.class.getName());
    private static final Duration RETRY_AFTER = Duration.ofSeconds(10);
    /** Minimum time between two log lines about failures of one kind. */
    private static final Duration LOG_INTERVAL = Duration.ofMinutes(1);

    private static final int MAX_KINDS = 100;
    /**
     * An outage that soon follows another is logged only if it lasts longer than this: a database may fail and recover
     * every second.
     */
    private static final Duration LONG_OUTAGE = Duration.ofSeconds(5);

    private static final long NEVER = 0;

    private final String database;
    private final Ticker ticker;
    private final Map<String, Long> logged = new HashMap<>();
    private volatile boolean isAway;
    private boolean isLogged;
    private long awaySince;
    private long endedAt;
    private long outages;
    private long storeFailedAt = NEVER;

    /** @param database as messages name it: {@code The database (jdbc/claude)} */
    Availability(String database, Ticker ticker) {
        this.database = database;
        this.ticker = ticker;
    }

    /** Returns the error message for callers while the database is away. */
    String unavailableMessage() {
        return database + " is not available";
    }

    boolean isAway() {
        return isAway;
    }

    /** Returns how long the database has been away. Empty while it answers. */
    synchronized Optional<Duration> awayFor() {
        return isAway ? Optional.of(Duration.ofNanos(ticker.getAsLong() - awaySince)) : Optional.empty();
    }

    /**
     * Returns the number of outages that have ended. A failure of work that began before the last outage ended says
     * nothing about the database now.
     */
    synchronized long endedOutages() {
        return outages;
    }

    /**
     * Records that work with the database failed.
     *
     * @param ended result of {@link #endedOutages()} when the work began
     */
    void reportFailure(Throwable failure, long ended) {
        if (Outage.isLost(failure)) {
            reportLost(failure, ended);
        } else {
            logRejection(failure);
        }
    }

    /** Records that no connection is available, for any reason. */
    void reportLost(Throwable failure, long ended) {
        if (isToLog(failure, ended)) {
            LOG.warning(
                    () -> database + " is away: " + Outage.describe(failure)
                            + ". Until it is back, requests for batches, jobs and usage get 503 and tasks wait. Streams and messages do not need it");
        } else {
            LOG.log(Level.FINE, failure, () -> "The database is still away");
        }
    }

    private synchronized boolean isToLog(Throwable failure, long ended) {
        long now = ticker.getAsLong();
        if (storeFailedAt == NEVER && Outage.isOfStore(failure)) {
            storeFailedAt = now;
        }
        boolean begins = !isAway && ended >= outages;
        boolean isFirst = begins && (outages == 0 || now - endedAt > LOG_INTERVAL.toNanos());
        if (begins) {
            awaySince = now;
            isAway = true;
            isLogged = isFirst;
        }
        boolean isLong = isAway && !isLogged && now - awaySince > LONG_OUTAGE.toNanos();
        isLogged = isLogged || isLong;
        return isFirst || isLong;
    }

    /**
     * Returns the time since the store of H2 first failed, even if H2 has answered since. Empty if it has not failed.
     */
    synchronized Optional<Duration> storeFailedFor() {
        return storeFailedAt == NEVER
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(ticker.getAsLong() - storeFailedAt));
    }

    /** Logs that the database answers but failed to run a statement. */
    private void logRejection(Throwable failure) {
        String description = Outage.describe(failure);
        LOG.log(isNew(description) ? Level.WARNING : Level.FINE, () -> "The database failed: " + description);
    }

    private synchronized boolean isNew(String description) {
        long now = ticker.getAsLong();
        logged.values().removeIf(at -> now - at > LOG_INTERVAL.toNanos());
        return logged.size() < MAX_KINDS && logged.putIfAbsent(description, now) == null;
    }

    /** Records that the database has answered. */
    void reportAnswer() {
        if (isAway) {
            end().ifPresent(away -> LOG.info(() -> database + " is back after " + Math.max(1, away.toSeconds())
                    + " s. The server accepts requests for batches, jobs and usage again"));
        }
    }

    /**
     * Ends an outage.
     *
     * @return the length of the outage; empty if it was not logged
     */
    private synchronized Optional<Duration> end() {
        Optional<Duration> away = awayFor();
        if (isAway) {
            isAway = false;
            endedAt = ticker.getAsLong();
            outages++;
        }
        return away.filter(known -> isLogged);
    }

    /**
     * Returns the exception for the caller of work that failed. If the database rejected a value, the exception says
     * so, because the database itself is available. Otherwise the exception reports that the database is not available.
     *
     * @param message for a database that is not available
     */
    ClaudeException failure(Throwable failure, String message) {
        return Outage.rejection(failure)
                .map(this::rejected)
                .orElseGet(() -> unavailable(message))
                .withCause(failure);
    }

    private ClaudeException rejected(String state) {
        if (MISSING_REFERENCE.contains(state)) {
            return ClaudeException.of(
                    ErrorType.CONFLICT,
                    "The batch or job was deleted while this request was processed. Check whether it still exists.");
        }
        return ClaudeException.of(
                        ErrorType.API,
                        database + " rejected a value that this server tried to store (SQL state " + state
                                + "). Do not repeat the request. Report the error with the server's messages.log.")
                .withoutRetry();
    }

    static ClaudeException unavailable(String message) {
        return ClaudeException.of(STATUS, ErrorType.API, message).withRetryAfter(RETRY_AFTER);
    }
}
