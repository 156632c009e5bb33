package io.github.claudejakarta.durable;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Statements with their parameters, each prepared, run and closed in one call. Moments are kept as UTC. */
public final class Sql {

    private static final String UNIQUE_VIOLATION = "23505";
    private static final int FETCHED_AT_ONCE = 200;

    private Sql() {
    }

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
     * Inserts a row, if it is not there already; the transaction goes on either way. Where another transaction is making it, that one's end is
     * waited for.
     *
     * @return whether it did
     */
    public static boolean insertedUnlessThere(Connection connection, String sql, Object... parameters) throws SQLException {
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

    public static <T> List<T> list(Connection connection, String sql, Mapper<T> mapper, Object... parameters) throws SQLException {
        var list = new ArrayList<T>();
        Sql.<RuntimeException>each(connection, sql, row -> list.add(mapper.of(row)), parameters);
        return list;
    }

    /** The first row; empty where there is none, or where its value is null. */
    public static <T> Optional<T> one(Connection connection, String sql, Mapper<T> mapper, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepared(connection, sql, parameters); ResultSet rows = statement.executeQuery()) {
            return rows.next() ? Optional.ofNullable(mapper.of(rows)) : Optional.empty();
        }
    }

    /** Row by row, however many there are. Within a transaction they are not fetched all at once. */
    public static <E extends Exception> void each(Connection connection, String sql, Taker<E> taker, Object... parameters)
        throws SQLException, E {
        try (PreparedStatement statement = prepared(connection, sql, parameters)) {
            statement.setFetchSize(FETCHED_AT_ONCE);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    taker.take(rows);
                }
            }
        }
    }

    private static PreparedStatement prepared(Connection connection, String sql, Object... parameters) throws SQLException {
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
            statement.setObject(i + 1, parameters[i] instanceof Instant moment ? moment.atOffset(ZoneOffset.UTC) : parameters[i]);
        }
    }

    /** A moment of a row. */
    public static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
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
