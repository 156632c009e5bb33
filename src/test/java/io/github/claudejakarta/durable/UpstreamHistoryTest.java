package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.server.CurrentTransaction;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;
import org.flywaydb.core.api.MigrationVersion;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UpstreamHistoryTest {

    private static final Clock NOW = Clock.fixed(Instant.parse("2026-11-30T12:00:00Z"), ZoneOffset.UTC);

    private final JdbcConnectionPool pool =
            JdbcConnectionPool.create("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1", "claude", "claude");

    @AfterEach
    void close() {
        pool.dispose();
    }

    private static UpstreamHistory of(Database database) {
        return new UpstreamHistory(database, NOW);
    }

    @Test
    void aNewApplicationHadNoKeyAndNoBaseUrl() {
        UpstreamHistory history = of(Impatient.opened(pool));

        assertThat(history.hadAny()).isFalse();
        assertThat(history.hadKey()).isFalse();
    }

    @Test
    void aKeyIsRememberedAcrossRestarts() {
        of(Impatient.opened(pool)).recordKey();
        of(Impatient.opened(pool)).recordKey();

        UpstreamHistory later = of(Impatient.opened(pool));
        assertThat(later.hadAny()).isTrue();
        assertThat(later.hadKey()).isTrue();
    }

    @Test
    void aBaseUrlDoesNotCountAsKey() {
        of(Impatient.opened(pool)).recordBaseUrl();

        UpstreamHistory later = of(Impatient.opened(pool));
        assertThat(later.hadAny()).isTrue();
        assertThat(later.hadKey()).isFalse();
        later.recordKey();
        assertThat(later.hadKey()).isTrue();
    }

    @Test
    void eachApplicationHasItsOwnHistory() {
        of(Impatient.opened(pool)).recordKey();
        var other = new Database(
                new DatabaseSettings("jdbc/claude", new ApplicationName("other")),
                () -> pool,
                CurrentTransaction.NONE,
                Duration.ofSeconds(1),
                System::nanoTime);
        other.open();

        assertThat(of(other).hadAny()).isFalse();
    }

    /** The history is unknown: the application may have had a key. */
    @Test
    void anApplicationWithRowsOfAnOlderVersionMayHaveHadAKey() throws Exception {
        new Schema(Impatient.SETTINGS, true).upgrade(pool, MigrationVersion.fromVersion("6"));
        try (var connection = pool.getConnection()) {
            Sql.update(
                    connection,
                    "insert into claude_usage (used_on, caller, model, kind, requests, input_tokens, output_tokens,"
                            + " cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens)"
                            + " values (current_date, 'a', 'm', 'messages', 1, 1, 1, 0, 0, 0)");
        }

        UpstreamHistory history = of(Impatient.opened(pool));
        assertThat(history.hadAny()).isTrue();
        assertThat(history.hadKey()).isFalse();
    }
}
