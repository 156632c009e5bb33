package io.github.claudejakarta.durable;

import java.time.Clock;
import java.time.Instant;

/**
 * Records in the database whether this application ever had its own API key or a base URL. If the server had one before
 * and has none now, its configuration is incomplete. It must then not simulate answers.
 *
 * <p>Safe for use by many threads. Each method throws the exceptions of {@link Database#use}.
 */
public final class UpstreamHistory {

    private final Database database;
    private final Clock clock;

    public UpstreamHistory(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** Returns whether this application ever had a key or a base URL. */
    public boolean hadAny() {
        return has("key_since is not null or base_url_since is not null");
    }

    /** Returns whether this application ever had a key. */
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

    /** Records that this application has a key. Keeps the time of the first call. */
    public void recordKey() {
        note("key_since");
    }

    /** Records that this application has a base URL. Keeps the time of the first call. */
    public void recordBaseUrl() {
        note("base_url_since");
    }

    private void note(String column) {
        String application = database.application().value();
        Instant now = clock.instant();
        database.transaction(connection -> {
            // Other nodes of the application may insert the row at the same time.
            Sql.insertIfAbsent(connection, "insert into claude_upstream (application) values (?)", application);
            return Sql.update(
                    connection,
                    "update claude_upstream set " + column + " = ? where application = ? and " + column + " is null",
                    now,
                    application);
        });
    }
}
