package io.github.claudejakarta.durable;

import java.time.Clock;
import java.time.Instant;

/**
 * Whether this application ever had a key of its own or a base URL, by the database. A server that had one has lost it
 * when it has none: it must not make answers up.
 *
 * <p>Safe for use by many threads. Each method throws what {@link Database#use} throws.
 */
public final class UpstreamHistory {

    private final Database database;
    private final Clock clock;

    public UpstreamHistory(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** Returns whether there was a key or a base URL. */
    public boolean hadAny() {
        return has("key_since is not null or base_url_since is not null");
    }

    /** Returns whether there was a key. */
    public boolean hadKey() {
        return has("key_since is not null");
    }

    private boolean has(String condition) {
        return database.use(connection -> Sql.one(
                        connection,
                        "select 1 from claude_upstream where application = ? and (" + condition + ")",
                        row -> row.getInt(1),
                        database.application().value()))
                .isPresent();
    }

    /** Notes that there is a key now. The first time counts. */
    public void noteKey() {
        note("key_since");
    }

    /** Notes that there is a base URL now. The first time counts. */
    public void noteBaseUrl() {
        note("base_url_since");
    }

    private void note(String column) {
        String application = database.application().value();
        Instant now = clock.instant();
        database.transaction(connection -> {
            // Other nodes of the application may do the same now.
            Sql.insertedUnlessThere(connection, "insert into claude_upstream (application) values (?)", application);
            return Sql.update(
                    connection,
                    "update claude_upstream set " + column + " = ? where application = ? and " + column + " is null",
                    now,
                    application);
        });
    }
}
