package io.github.claudejakarta.durable;

import io.github.claudejakarta.runtime.MemoryReservation;
import java.io.ByteArrayInputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Runs SQL statements with their parameters. Each call prepares, runs and closes one statement. Instants are stored as
 * UTC.
 */
public final class Sql {

    private static final String UNIQUE_VIOLATION = "23505";
    private static final int FETCH_SIZE = 200;
    /** Large values are read and written in pieces of this many bytes. */
    private static final int PIECE_BYTES = 1 << 20;

    private Sql() {}

    /** Converts a row to a value. */
    public interface Mapper<T> {
        T of(ResultSet row) throws SQLException;
    }

    /** Receives the rows of a result, one at a time. */
    public interface RowConsumer<E extends Exception> {
        void accept(ResultSet row) throws SQLException, E;
    }

    /**
     * Runs a statement that changes rows.
     *
     * @return the number of changed rows
     */
    public static int update(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepared(connection, sql, parameters)) {
            return statement.executeUpdate();
        }
    }

    /**
     * Inserts a row unless it exists. The transaction can continue in both cases. If another transaction is inserting
     * the same row, this call waits until that transaction ends.
     *
     * @return whether the row was inserted
     */
    public static boolean insertIfAbsent(Connection connection, String sql, Object... parameters) throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            update(connection, sql, parameters);
            return true;
        } catch (SQLException e) {
            if (!isDuplicate(e)) {
                throw e;
            }
            connection.rollback(before);
            return false;
        }
    }

    public static <T> List<T> list(Connection connection, String sql, Mapper<T> mapper, Object... parameters)
            throws SQLException {
        var list = new ArrayList<T>();
        Sql.<RuntimeException>each(connection, sql, row -> list.add(mapper.of(row)), parameters);
        return list;
    }

    /** Returns the value of the first row. Empty if there is no row or its value is null. */
    public static <T> Optional<T> one(Connection connection, String sql, Mapper<T> mapper, Object... parameters)
            throws SQLException {
        try (PreparedStatement statement = prepared(connection, sql, parameters);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? Optional.ofNullable(mapper.of(rows)) : Optional.empty();
        }
    }

    /**
     * Reads a large value of one row, piece by piece into one array. Drivers make several copies of a value that is
     * read in one piece.
     *
     * @param from the table and the condition that finds the row, {@code claude_job where id = ?}
     * @param reservation reserves memory for the value before it is read
     * @return empty if the row does not exist, or was deleted while it was read
     */
    public static Optional<byte[]> large(
            Connection connection, String column, String from, MemoryReservation reservation, Object... parameters)
            throws SQLException {
        Optional<Integer> length =
                one(connection, "select octet_length(" + column + ") from " + from, row -> row.getInt(1), parameters);
        if (length.isEmpty()) {
            return Optional.empty();
        }
        reservation.exactly(length.get());
        byte[] value = new byte[length.get()];
        for (int at = 0; at < value.length; at += PIECE_BYTES) {
            int size = Math.min(PIECE_BYTES, value.length - at);
            Optional<byte[]> piece = piece(connection, column, from, at, size, parameters);
            if (piece.isEmpty() || piece.get().length != size) {
                return Optional.empty();
            }
            System.arraycopy(piece.get(), 0, value, at, size);
        }
        return Optional.of(value);
    }

    /**
     * Reads a piece of a large value of one row.
     *
     * @param at position of its first byte, from 0
     * @param size in bytes
     * @return empty if the row does not exist
     */
    public static Optional<byte[]> piece(
            Connection connection, String column, String from, int at, int size, Object... parameters)
            throws SQLException {
        if (connection.getMetaData().getDatabaseProductName().equals("H2")) {
            // H2's substring() reads the whole value for each piece.
            return one(
                    connection,
                    "select " + column + " from " + from,
                    row -> row.getBlob(1).getBytes(at + 1L, size),
                    parameters);
        }
        var all = new ArrayList<Object>(List.of(at + 1, size));
        Collections.addAll(all, parameters);
        return one(
                connection,
                "select substring(" + column + " from ? for ?) from " + from,
                row -> row.getBytes(1),
                all.toArray());
    }

    /** Returns the placeholders of a list in a statement, as {@code ?,?,?}, for {@code in (...)}. */
    public static String placeholders(int count) {
        return String.join(",", Collections.nCopies(count, "?"));
    }

    /**
     * Passes all rows to a consumer, one at a time. Within a transaction the rows are fetched in blocks of 200, so any
     * number fits into memory.
     */
    public static <E extends Exception> void each(
            Connection connection, String sql, RowConsumer<E> consumer, Object... parameters) throws SQLException, E {
        try (PreparedStatement statement = prepared(connection, sql, parameters)) {
            statement.setFetchSize(FETCH_SIZE);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    consumer.accept(rows);
                }
            }
        }
    }

    private static PreparedStatement prepared(Connection connection, String sql, Object... parameters)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        try {
            set(statement, parameters);
            return statement;
        } catch (SQLException | RuntimeException e) {
            statement.close();
            throw e;
        }
    }

    /** Sets all parameters of a statement. An {@link Instant} becomes a timestamp with time zone. */
    public static void set(PreparedStatement statement, Object... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            set(statement, i + 1, parameters[i]);
        }
    }

    private static void set(PreparedStatement statement, int index, Object parameter) throws SQLException {
        if (parameter instanceof byte[] bytes && bytes.length > PIECE_BYTES) {
            // A stream, because drivers copy an array once or twice.
            statement.setBinaryStream(index, new ByteArrayInputStream(bytes), bytes.length);
        } else {
            statement.setObject(
                    index, parameter instanceof Instant moment ? moment.atOffset(ZoneOffset.UTC) : parameter);
        }
    }

    /** Returns a timestamp of a row; empty if it is null. */
    public static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }

    /**
     * Acquires a lock and holds it until this transaction ends. Waits while another transaction holds the lock.
     *
     * @param name of the lock's row in {@code claude_lock}
     */
    public static void lock(Connection transaction, String name) throws SQLException {
        one(transaction, "select name from claude_lock where name = ? for update", row -> row.getString(1), name);
    }

    /** Returns whether a statement failed because a row with the same key exists. */
    public static boolean isDuplicate(SQLException failure) {
        for (SQLException e = failure; e != null; e = e.getNextException()) {
            if (UNIQUE_VIOLATION.equals(e.getSQLState())) {
                return true;
            }
        }
        return false;
    }
}
