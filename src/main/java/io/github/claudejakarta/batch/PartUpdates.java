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

    /** Returns the current time in the precision of the database. */
    Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    /**
     * Changes a part and its batch, which gets a new revision.
     *
     * @param set further columns, each with a comma before it
     * @param parameters of these columns
     * @return the changed batch; empty if the part is not in the state {@code from}
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
     * Changes a part and not its batch.
     *
     * @param sending start of the sending that this change belongs to. A server that was presumed dead may continue
     *     after the part was sent again
     * @return whether the part was in the state {@code from}
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
