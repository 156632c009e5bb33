package io.github.claudejakarta.app;

import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.UpstreamHistory;
import io.github.claudejakarta.web.MissingKey;
import java.time.Duration;
import java.util.Optional;
import java.util.logging.Logger;

/**
 * Compares the server's key for Claude with the database's record of earlier starts. A server that had a key before and
 * has none now does not simulate answers, and does not accept work that needs the key.
 */
final class ServerKeyCheck {

    private static final Logger LOG = Logger.getLogger(ServerKeyCheck.class.getName());

    /** The wait for the database at the start, before the server decides whether the simulator may answer. */
    private static final Duration DATABASE_WAIT = Duration.ofSeconds(15);

    private final Settings settings;
    private final boolean isWar;
    private final UpstreamHistory history;
    private final MissingKey missingKey;

    /**
     * Creates a check, which reports a missing key to {@code missingKey} and to the log.
     *
     * @param isWar whether this is the WAR, whose callers may send their own keys over HTTP
     */
    ServerKeyCheck(Settings settings, boolean isWar, UpstreamHistory history, MissingKey missingKey) {
        this.settings = settings;
        this.isWar = isWar;
        this.history = history;
        this.missingKey = missingKey;
    }

    /**
     * Returns whether the simulator may answer on a server that has neither a key nor a base URL. It may if the server
     * never had either, according to its database: then waiting jobs and batches are the simulator's. Waits up to 15
     * seconds for the database. Otherwise reports the missing key.
     */
    boolean mayBeSimulated(DurableTasks tasks) {
        Optional<Boolean> had = tasks.readAtStart(history::hadAny, DATABASE_WAIT);
        if (had.isEmpty()) {
            reportMissing(
                    "No key (claude.api-key) and no base URL are configured, and the database cannot be read: this"
                            + " server may have had a key before. Set the key, or claude.upstream=simulator, and restart.");
        } else if (had.get()) {
            reportMissing(
                    "No key (claude.api-key) and no base URL are configured, but this server had one before. Set the"
                            + " key, or claude.upstream=simulator, and restart.");
        }
        return had.isPresent() && !had.get();
    }

    /**
     * Records in the database that this server has a key or a base URL, for later starts. Reports a key that is missing
     * although the server had one before.
     */
    void compare() {
        if (settings.hasApiKey()) {
            history.recordKey();
        }
        if (settings.hasBaseUrl()) {
            history.recordBaseUrl();
        }
        if (isMissing() && history.hadKey()) {
            String reason =
                    "No key (claude.api-key) is configured, but this server had one before. Set the key and restart.";
            if (isWar) {
                LOG.warning(reason + " Until then jobs and batches wait, and callers have to send their own keys.");
            } else if (settings.hasBaseUrl()) {
                LOG.warning(reason
                        + " Until then jobs and batches wait, and the gateway at claude.base-url has to add a key"
                        + " to other requests.");
            } else {
                reportMissing(reason);
            }
        }
    }

    /**
     * Logs a warning if no request can have a key. An application with the classes jar has no HTTP callers that send
     * keys. With a base URL a gateway may add a key.
     */
    void warnIfMissing() {
        if (!isWar && !settings.hasBaseUrl() && isMissing()) {
            LOG.warning(
                    "No key (claude.api-key) is configured: Claude rejects requests without RequestOptions.withApiKey."
                            + " Set the key and restart. claude.upstream=simulator needs no key.");
        }
    }

    /** Returns whether the server needs a key, has none, and has not reported that yet. */
    private boolean isMissing() {
        return !settings.hasApiKey()
                && !settings.isSimulated()
                && missingKey.reason().isEmpty();
    }

    private void reportMissing(String reason) {
        missingKey.report(reason);
        LOG.severe(reason + " Until then the server is not ready, and jobs and batches wait.");
    }
}
