package io.github.claudejakarta.durable;

import io.github.claudejakarta.claude.ClaudeException;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.util.Optional;
import java.util.Set;

/** Classifies failures of the database: the database is away, or it rejected one statement. */
final class Outage {

    /** Connection exceptions of the SQL standard. */
    private static final String CONNECTION = "08";
    /** Data exceptions and violated constraints of the SQL standard: the database answers and rejects a value. */
    private static final Set<String> REJECTIONS = Set.of("22", "23");
    /** PostgreSQL: stopped by an administrator, crashed, starting or stopping. */
    private static final Set<String> POSTGRESQL_STOPS = Set.of("57P01", "57P02", "57P03");
    /**
     * H2: general error (of its store), in use, input or output failed (twice), file corrupted, connection broken,
     * database closed.
     */
    private static final Set<Integer> H2_STORE_FAILS = Set.of(50_000, 90_020, 90_028, 90_030, 90_031, 90_067, 90_098);
    /**
     * H2: the codes of these that mean that its store cannot read or write its file. A general error means the same if
     * its message names the store.
     */
    private static final Set<Integer> H2_STORE_BROKEN = Set.of(90_028, 90_030, 90_031, 90_098);

    private static final int H2_GENERAL = 50_000;
    private static final String H2_STORE = "MVStoreException";
    private static final int MAX_CAUSES = 20;

    private Outage() {}

    /** Returns the failure of the database in a chain of causes. Empty if the chain has no {@link SQLException}. */
    static Optional<SQLException> failure(Throwable thrown) {
        Throwable cause = thrown;
        for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
            if (cause instanceof SQLException failure) {
                return Optional.of(failure);
            }
            cause = cause.getCause();
        }
        return Optional.empty();
    }

    /** Returns whether the connection is lost, and with it probably the database. */
    static boolean isLost(SQLException failure) {
        for (SQLException e = failure; e != null; e = e.getNextException()) {
            if (e instanceof SQLNonTransientConnectionException
                    || e instanceof SQLTransientConnectionException
                    || e instanceof SQLRecoverableException
                    || isLost(e.getSQLState(), e.getErrorCode())) {
                return true;
            }
        }
        return false;
    }

    private static boolean isLost(String state, int code) {
        return state != null && (state.startsWith(CONNECTION) || POSTGRESQL_STOPS.contains(state))
                || H2_STORE_FAILS.contains(code);
    }

    /** Returns whether a chain of causes contains a lost connection. */
    static boolean isLost(Throwable thrown) {
        return failure(thrown).filter(Outage::isLost).isPresent();
    }

    /** Returns the SQL state with which the database rejected a value to store. Empty for every other failure. */
    static Optional<String> rejection(Throwable thrown) {
        return failure(thrown).filter(e -> !isLost(e)).flatMap(Outage::rejection);
    }

    private static Optional<String> rejection(SQLException failure) {
        // Includes its causes, because the failure of a statement in a batch may be a cause.
        for (Throwable e : failure) {
            String state = e instanceof SQLException sql ? sql.getSQLState() : null;
            if (state != null && state.length() > 2 && REJECTIONS.contains(state.substring(0, 2))) {
                return Optional.of(state);
            }
        }
        return Optional.empty();
    }

    /** Returns whether it is a failure of H2's store, which is unreliable from then on. */
    static boolean isOfStore(Throwable thrown) {
        return failure(thrown)
                .filter(e -> H2_STORE_BROKEN.contains(e.getErrorCode())
                        || e.getErrorCode() == H2_GENERAL
                                && String.valueOf(e.getMessage()).contains(H2_STORE))
                .isPresent();
    }

    /** Returns whether a failure may be one of the database: an {@code SQLException}, or our 503 while it is away. */
    static boolean isOfDatabase(Throwable thrown) {
        Throwable cause = thrown;
        for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
            if (cause instanceof SQLException
                    || cause instanceof ClaudeException ours && ours.status() == Availability.STATUS) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    /**
     * Describes a failure for the log, without its message. A driver may put the values of the statement, which are
     * prompts, into the message.
     */
    static String describe(Throwable thrown) {
        return failure(thrown)
                .map(e -> e.getClass().getName() + ", SQL state " + e.getSQLState() + ", code " + e.getErrorCode())
                .orElseGet(() -> thrown.getClass().getName());
    }
}
