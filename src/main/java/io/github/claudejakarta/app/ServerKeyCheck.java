package io.github.claudejakarta.app;

import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.UpstreamHistory;
import io.github.claudejakarta.web.MissingKey;
import java.time.Duration;
import java.util.Optional;
import java.util.logging.Logger;

/**
 * The server's own key for Claude, compared with what its database says of earlier starts: a server that had a key and
 * has none now neither simulates answers nor takes work that needs the key.
 */
final class ServerKeyCheck {

    private static final Logger LOG = Logger.getLogger(ServerKeyCheck.class.getName());

    /** How long the start waits for the database where the simulator may answer. */
    private static final Duration FIRST_LOOK = Duration.ofSeconds(15);

    private final Settings settings;
    private final boolean isWar;
    private final UpstreamHistory history;
    private final MissingKey lostKey;

    /** @param isWar whether callers over HTTP may bring keys of their own */
    ServerKeyCheck(Settings settings, boolean isWar, UpstreamHistory history, MissingKey lostKey) {
        this.settings = settings;
        this.isWar = isWar;
        this.history = history;
        this.lostKey = lostKey;
    }

    /**
     * Whether the simulator may answer on a server that has neither a key nor a base URL: it never had one, as far as
     * its database says, and jobs and batches that wait are the simulator's. Waits up to 15 seconds for the database.
     */
    boolean mayBeSimulated(DurableTasks tasks) {
        Optional<Boolean> had = tasks.readAhead(history::hadAny, FIRST_LOOK);
        if (had.isEmpty()) {
            lose("There is neither a key (claude.api-key) nor a base URL, and the database cannot be read: this server"
                    + " may have had a key. Set the key, or claude.upstream=simulator, and restart.");
        } else if (had.get()) {
            lose("There is neither a key (claude.api-key) nor a base URL, and this server had one before. Set the key,"
                    + " or claude.upstream=simulator, and restart.");
        }
        return had.isPresent() && !had.get();
    }

    /** Stores that there is a key or a base URL, for a start without one; or reports that there is no key any more. */
    void compare() {
        if (settings.hasOwnKey()) {
            history.noteKey();
        }
        if (settings.hasBaseUrl()) {
            history.noteBaseUrl();
        }
        if (isMissing() && history.hadKey()) {
            String why = "There is no key (claude.api-key), and this server had one before. Set the key and restart.";
            if (isWar) {
                LOG.warning(why + " Until then jobs and batches wait, and callers need keys of their own.");
            } else if (settings.hasBaseUrl()) {
                LOG.warning(why + " Until then jobs and batches wait, and claude.base-url has to add the key to other"
                        + " requests.");
            } else {
                lose(why);
            }
        }
    }

    /**
     * Warns where no request can have a key. An application without our HTTP surface has no callers who bring keys.
     * Behind a base URL a gateway may add one.
     */
    void warnIfMissing() {
        if (!isWar && !settings.hasBaseUrl() && isMissing()) {
            LOG.warning("There is no key (claude.api-key): Claude refuses requests for which RequestOptions.withApiKey"
                    + " names none. Set the key and restart; claude.upstream=simulator needs none.");
        }
    }

    /** Returns whether there is no key, and nothing was said of it yet. */
    private boolean isMissing() {
        return !settings.hasOwnKey()
                && !settings.isSimulated()
                && lostKey.reason().isEmpty();
    }

    private void lose(String why) {
        lostKey.note(why);
        LOG.severe(why + " Until then the server is not ready, and jobs and batches wait.");
    }
}
