package io.github.claudejakarta.conversation;

import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.job.JobTransactions;
import java.time.Clock;
import java.util.function.Consumer;
import java.util.logging.Logger;

/**
 * Selects the store of conversations: the configured one, or the database if the server has a data source at the first
 * use. A database that is away at that moment is still selected: an outage must not make conversations start in memory.
 *
 * <p>Safe for use by many threads.
 */
final class StoreSelector {

    private static final Logger LOG = Logger.getLogger(StoreSelector.class.getName());
    private static final int SHARE_OF_HEAP = 8;

    private final ConversationSettings settings;
    private final Database database;
    private final DatabaseStore inDatabase;
    private final MemoryStore inMemory;
    private volatile ConversationStore selected;

    StoreSelector(ConversationSettings settings, Database database, JobTransactions jobs, Clock clock) {
        this.settings = settings;
        this.database = database;
        this.inDatabase = new DatabaseStore(database, settings.maxBytes(), clock);
        this.inMemory = new MemoryStore(
                Math.min(settings.maxBytes(), Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP), clock);
        if (settings.store() != ConversationSettings.Store.MEMORY) {
            jobs.onEnd(inDatabase::endJob);
        }
    }

    ConversationStore store() {
        ConversationStore current = selected;
        return current == null ? select() : current;
    }

    private synchronized ConversationStore select() {
        if (selected == null) {
            selected = isInDatabase() ? inDatabase : inMemory;
            LOG.info(() -> selected == inDatabase
                    ? "Conversations are stored in the database"
                    : "Conversations are stored in the memory of this server and are lost when it stops"
                            + " (claude.conversation.store)");
        }
        return selected;
    }

    private boolean isInDatabase() {
        return switch (settings.store()) {
            case DATABASE -> true;
            case MEMORY -> false;
            case AUTO -> database.isConfigured();
        };
    }

    /** Runs work with the store, if a store is configured or has been used. */
    void withStoreInUse(Consumer<ConversationStore> work) {
        if (selected != null || settings.store() != ConversationSettings.Store.AUTO) {
            work.accept(store());
        } else if (database.isOpen()) {
            work.accept(inDatabase);
        }
    }
}
