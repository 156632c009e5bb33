package io.github.claudejakarta.batch;

import io.github.claudejakarta.durable.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Optional;

/**
 * Changes of a part from one state to the next. Each is one conditional update: it changes nothing if the part is not
 * in the state that the change begins at, because another server was first.
 */
final class PartUpdates {

    private final BatchRows rows;
    private final Clock clock;

    PartUpdates(BatchRows rows, Clock clock) {
        this.rows = rows;
        this.clock = clock;
    }

    /** Returns the time, as precise as the database stores it. */
    Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    /**
     * Changes a part, and with it the batch, as one more revision.
     *
     * @param set further columns, each with a comma before it
     * @param parameters of these columns
     * @return the batch as it is then; empty if the part is not in that state
     */
    Optional<Batch> change(
            Connection connection,
            PartKey key,
            PartState from,
            PartState to,
            Optional<Instant> sending,
            String set,
            Object... parameters)
            throws SQLException {
        return move(connection, key, from, to, sending, set, parameters)
                ? Optional.of(rows.refresh(connection, key.batch(), now()))
                : Optional.empty();
    }

    /**
     * Changes a part, and leaves its batch as it is.
     *
     * @param sending the very sending that this is about: a server that was taken for dead may come back to a part that
     *     was sent again
     * @return whether the part was in that state
     */
    static boolean move(
            Connection connection,
            PartKey key,
            PartState from,
            PartState to,
            Optional<Instant> sending,
            String set,
            Object... parameters)
            throws SQLException {
        BatchRows.lock(connection, key.batch());
        var all = new ArrayList<Object>();
        all.add(to.toString());
        Collections.addAll(all, parameters);
        Collections.addAll(all, key.batch(), key.number(), from.toString());
        sending.ifPresent(all::add);
        return Sql.update(
                        connection,
                        "update claude_batch_part set state = ?" + set + " where batch = ? and number = ? and state = ?"
                                + (sending.isPresent() ? " and sent_at = ?" : ""),
                        all.toArray())
                > 0;
    }
}
