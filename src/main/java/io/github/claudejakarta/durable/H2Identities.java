package io.github.claudejakarta.durable;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * Repairs the identity columns of our tables on H2.
 *
 * <p>H2 takes their numbers from memory and writes only every 32nd to its file. After a killed process starts again,
 * numbers up to that one may be in use. An {@code alter table} that copies the table overwrites the written number with
 * the next number (seen in 2.4.240). After a kill, H2 would then reuse numbers and inserts would fail.
 *
 * <p>{@link #repair} is for a start after such a kill. {@link #persist} is for an H2 that restarts without a start of
 * ours, such as an H2 server process.
 */
final class H2Identities {

    /** H2's default. Setting it changes nothing, but makes H2 write the number up to which numbers may be in use. */
    private static final int CACHE = 32;

    private record Identity(String table, String column) {}

    private final Connection connection;

    /** @param connection in auto-commit mode; the caller closes it */
    H2Identities(Connection connection) {
        this.connection = connection;
    }

    /** Makes the next kill harmless after {@code alter table}. Other servers may insert rows at the same time. */
    void persist() throws SQLException {
        for (Identity identity : all()) {
            alter(identity, "set cache " + CACHE);
        }
    }

    /** Continues after the greatest number in use if H2 would otherwise reuse a number. */
    void repair() throws SQLException {
        for (Identity identity : all()) {
            // Read before the next number, because other servers may insert rows between the two.
            long greatest = greatest(identity);
            if (next(identity) <= greatest) {
                alter(identity, "restart with " + (greatest + 1));
            }
        }
    }

    private List<Identity> all() throws SQLException {
        return Sql.list(
                connection,
                "select table_name, column_name from information_schema.columns"
                        + " where table_schema = current_schema and is_identity = 'YES'"
                        + " and lower(table_name) like 'claude!_%' escape '!' and lower(column_name) = 'ordinal'",
                row -> new Identity(row.getString(1), row.getString(2)));
    }

    private long greatest(Identity identity) throws SQLException {
        return Sql.one(
                        connection,
                        "select max(\"" + identity.column() + "\") from \"" + identity.table() + "\"",
                        row -> row.getLong(1))
                .orElse(0L);
    }

    private long next(Identity identity) throws SQLException {
        return Sql.one(
                        connection,
                        "select identity_base from information_schema.columns"
                                + " where table_schema = current_schema and table_name = ? and column_name = ?",
                        row -> row.getLong(1),
                        identity.table(),
                        identity.column())
                .orElseThrow();
    }

    private void alter(Identity identity, String change) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "alter table \"" + identity.table() + "\" alter column \"" + identity.column() + "\" " + change);
        }
    }
}
