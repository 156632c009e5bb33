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

/** Statements with their parameters, each prepared, run and closed in one call. Moments are kept as UTC. */
public final class Sql {

    private static final String UNIQUE_VIOLATION = "23505";
    private static final int FETCHED_AT_ONCE = 200;
    /** Of a large value, in bytes. */
    private static final int PIECE = 1 << 20;

    private Sql() {}

    /** Makes a value of a row. */
    public interface Mapper<T> {
        T of(ResultSet row) throws SQLException;
    }

    /** Takes a row, and may do what it likes with it. */
    public interface Taker<E extends Exception> {
        void take(ResultSet row) throws SQLException, E;
    }

    /** @return how many rows it changed */
    public static int update(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepared(connection, sql, parameters)) {
            return statement.executeUpdate();
        }
    }

    /**
     * Inserts a row, if it is not there already; the transaction goes on either way. Where another transaction is
     * making it, that one's end is waited for.
     *
     * @return whether it did
     */
    public static boolean insertedUnlessThere(Connection connection, String sql, Object... parameters)
            throws SQLException {
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

    /** The first row; empty where there is none, or where its value is null. */
    public static <T> Optional<T> one(Connection connection, String sql, Mapper<T> mapper, Object... parameters)
            throws SQLException {
        try (PreparedStatement statement = prepared(connection, sql, parameters);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? Optional.ofNullable(mapper.of(rows)) : Optional.empty();
        }
    }

    /**
     * A large value of one row, read piece by piece into one array: drivers make several copies of what they read in
     * one.
     *
     * @param from the table and the condition that finds the row, {@code claude_job where id = ?}
     * @param room for the value, taken before it is read
     * @return empty where there is no such row, or no longer
     */
    public static Optional<byte[]> large(
            Connection connection, String column, String from, MemoryReservation room, Object... parameters)
            throws SQLException {
        Optional<Integer> length =
                one(connection, "select octet_length(" + column + ") from " + from, row -> row.getInt(1), parameters);
        if (length.isEmpty()) {
            return Optional.empty();
        }
        room.exactly(length.get());
        byte[] value = new byte[length.get()];
        for (int at = 0; at < value.length; at += PIECE) {
            int size = Math.min(PIECE, value.length - at);
            Optional<byte[]> piece = piece(connection, column, from, at, size, parameters);
            if (piece.isEmpty() || piece.get().length != size) {
                return Optional.empty();
            }
            System.arraycopy(piece.get(), 0, value, at, size);
        }
        return Optional.of(value);
    }

    /**
     * A piece of a large value of one row.
     *
     * @param at of its first byte, from 0
     * @param size in bytes
     * @return empty where there is no such row
     */
    public static Optional<byte[]> piece(
            Connection connection, String column, String from, int at, int size, Object... parameters)
            throws SQLException {
        if (connection.getMetaData().getDatabaseProductName().equals("H2")) {
            // Its substring() reads the whole value for each piece.
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

    /** Returns the parameters of a list in a statement, as {@code ?,?,?}, for {@code in (...)}. */
    public static String placeholders(int count) {
        return String.join(",", Collections.nCopies(count, "?"));
    }

    /** Row by row, however many there are. Within a transaction they are not fetched all at once. */
    public static <E extends Exception> void each(
            Connection connection, String sql, Taker<E> taker, Object... parameters) throws SQLException, E {
        try (PreparedStatement statement = prepared(connection, sql, parameters)) {
            statement.setFetchSize(FETCHED_AT_ONCE);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    taker.take(rows);
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

    /** Sets all parameters of a statement, an {@link Instant} as a time stamp with a zone. */
    public static void set(PreparedStatement statement, Object... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            set(statement, i + 1, parameters[i]);
        }
    }

    private static void set(PreparedStatement statement, int index, Object parameter) throws SQLException {
        if (parameter instanceof byte[] bytes && bytes.length > PIECE) {
            // Of an array drivers make a copy, or two.
            statement.setBinaryStream(index, new ByteArrayInputStream(bytes), bytes.length);
        } else {
            statement.setObject(
                    index, parameter instanceof Instant moment ? moment.atOffset(ZoneOffset.UTC) : parameter);
        }
    }

    /** A moment of a row. */
    public static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }

    /**
     * Waits until no other transaction holds a lock, and holds it until this transaction ends.
     *
     * @param name of the lock's row in {@code claude_lock}
     */
    public static void lock(Connection transaction, String name) throws SQLException {
        one(transaction, "select name from claude_lock where name = ? for update", row -> row.getString(1), name);
    }

    /** Whether a statement failed because something is there already. */
    public static boolean isDuplicate(SQLException failure) {
        for (SQLException e = failure; e != null; e = e.getNextException()) {
            if (UNIQUE_VIOLATION.equals(e.getSQLState())) {
                return true;
            }
        }
        return false;
    }
}
