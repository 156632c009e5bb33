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
 * Whether an open database answers. Logs one line when it goes away and one when it is back.
 *
 * <p>Safe for use by many threads.
 */
final class Availability {

    static final int STATUS = 503;

    /** A row that another one refers to is not there, on PostgreSQL and on H2. */
    private static final Set<String> REFERENCES = Set.of("23503", "23506");

    private static final Logger LOG = Logger.getLogger(Availability.class.getName());
    private static final Duration RETRY_AFTER = Duration.ofSeconds(10);
    /** From one line to the next about failures of one kind. */
    private static final Duration BETWEEN_LINES = Duration.ofMinutes(1);

    private static final int MOST_KINDS = 100;
    /** An outage that soon follows another is logged if it lasts so long: a database may come and go every second. */
    private static final Duration LASTING = Duration.ofSeconds(5);

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

    /** What callers are told while it is away. */
    String away() {
        return database + " is not available";
    }

    boolean isAway() {
        return isAway;
    }

    /** How long the database has been away; empty while it answers. */
    synchronized Optional<Duration> awayFor() {
        return isAway ? Optional.of(Duration.ofNanos(ticker.getAsLong() - awaySince)) : Optional.empty();
    }

    /**
     * How many outages have ended. Work that began before the latest end and fails now says nothing about the database
     * as it is now.
     */
    synchronized long ended() {
        return outages;
    }

    /**
     * Reports that work with the database failed.
     *
     * @param ended what {@link #ended()} returned when the work began
     */
    void failed(Throwable failure, long ended) {
        if (Outage.isLost(failure)) {
            lost(failure, ended);
        } else {
            refused(failure);
        }
    }

    /** Reports that there is no connection, whatever the reason. */
    void lost(Throwable failure, long ended) {
        if (isToLog(failure, ended)) {
            LOG.warning(
                    () -> database + " is away: " + Outage.words(failure)
                            + ". Until it is back, batches, jobs and usage get 503 and their tasks wait. Streams and messages do not need it");
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
        boolean isFirst = begins && (outages == 0 || now - endedAt > BETWEEN_LINES.toNanos());
        if (begins) {
            awaySince = now;
            isAway = true;
            isLogged = isFirst;
        }
        boolean isLasting = isAway && !isLogged && now - awaySince > LASTING.toNanos();
        isLogged = isLogged || isLasting;
        return isFirst || isLasting;
    }

    /**
     * For how long it has been known that the store of H2 failed, whatever it has answered since; empty if it has not.
     */
    synchronized Optional<Duration> storeFailedFor() {
        return storeFailedAt == NEVER
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(ticker.getAsLong() - storeFailedAt));
    }

    /** The database answers, and refuses a statement. */
    private void refused(Throwable failure) {
        String words = Outage.words(failure);
        LOG.log(isNew(words) ? Level.WARNING : Level.FINE, () -> "The database failed: " + words);
    }

    private synchronized boolean isNew(String words) {
        long now = ticker.getAsLong();
        logged.values().removeIf(at -> now - at > BETWEEN_LINES.toNanos());
        return logged.size() < MOST_KINDS && logged.putIfAbsent(words, now) == null;
    }

    /** Reports that the database has answered. */
    void answered() {
        if (isAway) {
            end().ifPresent(away -> LOG.info(() -> database + " is back after " + Math.max(1, away.toSeconds())
                    + " s. Batches, jobs and usage are served again"));
        }
    }

    /** @return how long the outage was; empty if it was not logged */
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
     * What a failure of work with the database is to its caller: what the work stores was rejected, which says nothing
     * about the database; or the database is not available.
     *
     * @param message of the latter
     */
    ClaudeException failure(Throwable failure, String message) {
        return Outage.rejection(failure)
                .map(this::rejected)
                .orElseGet(() -> unavailable(message))
                .withCause(failure);
    }

    private ClaudeException rejected(String state) {
        if (REFERENCES.contains(state)) {
            return ClaudeException.of(
                    ErrorType.CONFLICT,
                    "The batch or job was deleted while this request was processed. Check whether it still exists.");
        }
        return ClaudeException.of(
                        ErrorType.API,
                        database + " rejected what this server had to store (SQL state " + state
                                + "). Repeating the request will not help. Report the error with messages.log.")
                .withoutRetry();
    }

    static ClaudeException unavailable(String message) {
        return ClaudeException.of(STATUS, ErrorType.API, message).withRetryAfter(RETRY_AFTER);
    }
}
