package io.github.claudejakarta.durable;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * Counts, in the database, the bytes of one kind that one application stores. Adding up the stored rows themselves
 * takes long, and longer the more rows there are.
 *
 * <p>The counter is the sum of the rows of this application and kind in {@code claude_kept}. A transaction that stores
 * or deletes bytes inserts one row and changes none, because it may be the application's own transaction and last long.
 * {@link #measure} replaces committed rows by their sum, so few rows remain.
 *
 * <p>Safe for use by many threads and by several servers.
 *
 * @param kind at most 16 characters
 * @param actual the query that adds up the stored rows; its one parameter is the application's name
 */
public record StoredBytes(ApplicationName application, String kind, String actual) {

    /** {@link #measure} replaces more rows than this by their sum. */
    static final int MAX_ROWS = 100;

    private static final int MAX_FOLDED = 1_000;

    private record Total(long bytes, long rows) {}

    private record Delta(long ordinal, long bytes) {}

    /**
     * Adds bytes to the counter, in the transaction that stores or deletes them.
     *
     * @param bytes negative if they are deleted
     */
    public void add(Connection transaction, long bytes) throws SQLException {
        if (bytes != 0) {
            Sql.update(
                    transaction,
                    "insert into claude_kept (application, kind, bytes) values (?, ?, ?)",
                    application.value(),
                    kind,
                    bytes);
        }
    }

    /**
     * Returns the number of bytes that are stored and committed. Reads a few rows. Must not be called within a
     * transaction.
     */
    public long measure(Database database) {
        Total total = database.use(connection -> Sql.one(
                        connection,
                        "select coalesce(sum(bytes), 0), count(*) from claude_kept where application = ? and kind = ?",
                        row -> new Total(row.getLong(1), row.getLong(2)),
                        application.value(),
                        kind))
                .orElseThrow();
        for (long rows = total.rows(); rows > MAX_ROWS; rows -= MAX_FOLDED) {
            database.transaction(this::fold);
        }
        return total.bytes();
    }

    /** Replaces rows by their sum. Skips rows that another server is replacing at the same time. */
    Void fold(Connection connection) throws SQLException {
        List<Delta> deltas = Sql.list(
                connection,
                "select ordinal, bytes from claude_kept where application = ? and kind = ? order by ordinal limit "
                        + MAX_FOLDED + " for update skip locked",
                row -> new Delta(row.getLong(1), row.getLong(2)),
                application.value(),
                kind);
        if (deltas.size() > 1) {
            add(connection, deltas.stream().mapToLong(Delta::bytes).sum());
            int deleted = Sql.update(
                    connection,
                    "delete from claude_kept where ordinal in (" + Sql.placeholders(deltas.size()) + ")",
                    deltas.stream().map(Delta::ordinal).toArray());
            if (deleted != deltas.size()) {
                throw new SQLException("Rows of claude_kept that this transaction locked are gone");
            }
        }
        return null;
    }

    /**
     * Corrects the counter to the sum of the stored rows. The counter becomes wrong when a server of an older version,
     * or a person at the database, changes rows without counting. Reads all rows.
     *
     * @return the correction in bytes, 0 if the counter was right
     */
    public long correct(Database database) {
        return database.transaction(this::correct);
    }

    long correct(Connection transaction) throws SQLException {
        Sql.lock(transaction, "kept");
        // In one statement, so that both sums are taken at the same moment.
        long difference = Sql.one(
                        transaction,
                        "select coalesce((" + actual + "), 0)"
                                + " - coalesce((select sum(bytes) from claude_kept where application = ? and kind = ?), 0) as difference from claude_lock where name = 'kept'",
                        row -> row.getLong(1),
                        application.value(),
                        application.value(),
                        kind)
                .orElse(0L);
        add(transaction, difference);
        return difference;
    }
}
