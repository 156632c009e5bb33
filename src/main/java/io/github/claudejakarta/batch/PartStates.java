package io.github.claudejakarta.batch;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.MessageBatch;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.durable.StoredErrors;
import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.durable.UnchangedTimer;
import io.github.claudejakarta.runtime.Ticker;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Stores the states of parts and changes them. Each change returns the changed batch. The result is empty if the part
 * is not in the state that the change begins at, because another server was first.
 */
final class PartStates {

    private static final String SET_MESSAGE_BATCH =
            ", message_batch_id = ?, message_batch = ?, problem = null, missing_since = null";

    private static final String OF_APPLICATION =
            " from claude_batch_part p join claude_batch b on b.ordinal = p.batch where b.application = ?";

    private final Database database;
    private final TaskQueue queue;
    private final BatchRows rows;
    private final PartUpdates updates;
    private final UnchangedTimer missing;

    PartStates(Database database, TaskQueue queue, BatchRows rows, PartUpdates updates, Ticker ticker) {
        this.database = database;
        this.queue = queue;
        this.rows = rows;
        this.updates = updates;
        this.missing = new UnchangedTimer(ticker);
    }

    Instant now() {
        return updates.now();
    }

    private String application() {
        return rows.application().value();
    }

    /** Reads a part; empty for one that was deleted, or belongs to another application. */
    Optional<PartSnapshot> find(PartKey key) {
        return database.use(connection -> {
            Optional<BatchPart> part = rows.part(connection, key.batch(), key.number());
            return part.isEmpty()
                    ? Optional.empty()
                    : Sql.one(
                            connection,
                            """
                select b.id, b.owner, b.headers, b.cancel_requested, p.missing_since
                from claude_batch b join claude_batch_part p on p.batch = b.ordinal where b.ordinal = ? and p.number = ?
                  and b.application = ?""",
                            row -> new PartSnapshot(
                                    key,
                                    part.get(),
                                    row.getString("id"),
                                    row.getString("owner"),
                                    StoredHeaders.parse(row.getString("headers")),
                                    row.getBoolean("cancel_requested"),
                                    Sql.instant(row, "missing_since")),
                            key.batch(),
                            key.number(),
                            application());
        });
    }

    /**
     * Claims a waiting part for sending, and stores that it is being sent. Only one part of a size is sent at a time.
     * If the server dies, a message batch of that size at Claude can therefore be no other part. This rule covers this
     * application only, because another application may be gone for ever together with the part that it was sending;
     * {@link #hasSimilarPart} covers all applications.
     *
     * @param max parts of this application that Claude may work on at one time
     * @return empty if the limit is reached, or a part of the same size is being sent
     */
    Optional<Batch> claim(PartKey key, int max) {
        return database.transaction(connection -> {
            Sql.lock(connection, "batch-sending");
            long running = Sql.one(
                            connection,
                            "select count(*)" + OF_APPLICATION + " and p.state in ('sending', 'running')",
                            row -> row.getLong(1),
                            application())
                    .orElse(0L);
            boolean isOnlyOneOfItsSize =
                    Sql.one(connection, """
                select count(*) from claude_batch_part s join claude_batch_part p on p.requests = s.requests
                                     join claude_batch b on b.ordinal = s.batch
                where s.state = 'sending' and b.application = ? and p.batch = ? and p.number = ?""", row -> row.getLong(1), application(), key.batch(), key.number())
                                    .orElse(0L)
                            == 0;
            return running >= max || !isOnlyOneOfItsSize
                    ? Optional.empty()
                    : updates.change(
                            connection,
                            key,
                            PartState.WAITING,
                            PartState.SENDING,
                            Optional.empty(),
                            ", sent_at = ?, problem = null, missing_since = null",
                            updates.now());
        });
    }

    /**
     * Stores that Claude has accepted the part.
     *
     * @param isSimulated whether a simulator, not Claude, accepted it
     * @throws MessageBatchConflict if another part has this message batch; then nothing changes
     */
    Optional<Batch> markRunning(PartSnapshot sending, MessageBatch batch, boolean isSimulated) {
        return assign(sending, batch, connection -> {
            Optional<Batch> running = updates.change(
                    connection,
                    sending.key(),
                    sending.part().state(),
                    PartState.RUNNING,
                    sending.part().sentAt(),
                    SET_MESSAGE_BATCH,
                    batch.id(),
                    JsonText.text(batch.json()));
            return running.isPresent() && isSimulated
                    ? rows.markSimulated(connection, sending.key().batch())
                    : running;
        });
    }

    /** Runs a change that gives a part its message batch. */
    private Optional<Batch> assign(PartSnapshot part, MessageBatch batch, Database.Work<Optional<Batch>> work) {
        return database.transaction(connection -> {
            Savepoint before = connection.setSavepoint();
            try {
                return work.with(connection);
            } catch (SQLException e) {
                if (!Sql.isDuplicate(e)) {
                    throw e;
                }
                connection.rollback(before);
                throw new MessageBatchConflict(
                        batch.id() + ", which already belongs to " + holder(connection, part, batch.id()));
            }
        });
    }

    /** Describes the part that has a message batch, without naming batches of other callers. */
    private String holder(Connection connection, PartSnapshot part, String messageBatchId) throws SQLException {
        return Sql.one(
                        connection,
                        """
            select b.id, p.number from claude_batch_part p join claude_batch b on b.ordinal = p.batch where p.message_batch_id = ? and b.application = ?
              and b.owner = ?""",
                        row -> "part " + row.getInt(2) + " of " + row.getString(1),
                        messageBatchId,
                        rows.application().value(),
                        part.owner())
                .orElse("a part of another caller's batch");
    }

    /** Returns a part to the waiting parts: Claude has not accepted it, and may later. */
    Optional<Batch> returnToWaiting(PartSnapshot sending, String problem) {
        return transition(sending, PartState.WAITING, ", problem = ?, missing_since = null", problem);
    }

    /** Counts the parts of all batches that wait for a person. The index on the state makes the query cheap. */
    long countUnresolved() {
        return database.use(connection -> Sql.one(
                        connection,
                        "select count(*)" + OF_APPLICATION + " and p.state = 'unresolved'",
                        row -> row.getLong(1),
                        application()))
                .orElse(0L);
    }

    /** Stores that the part waits for a person. */
    Optional<Batch> markUnresolved(PartSnapshot found, String problem) {
        return transition(found, PartState.UNRESOLVED, ", problem = ?", problem);
    }

    /**
     * Assigns the message batch that a person has chosen for a part.
     *
     * @throws MessageBatchConflict if another part has this message batch; then nothing changes
     */
    Optional<Batch> resolve(PartSnapshot unresolved, MessageBatch batch, Task<?> follow) {
        return assign(
                unresolved,
                batch,
                connection -> endUnresolved(
                        connection,
                        unresolved.key(),
                        follow,
                        PartState.RUNNING,
                        SET_MESSAGE_BATCH,
                        batch.id(),
                        JsonText.text(batch.json())));
    }

    /** Sends a part again, because a person has decided that Claude does not have it. */
    Optional<Batch> sendAgain(PartKey key, Task<?> follow) {
        return database.transaction(connection -> endUnresolved(
                connection,
                key,
                follow,
                PartState.WAITING,
                ", problem = null, missing_since = null, message_batch_id = null, message_batch = null"));
    }

    private Optional<Batch> endUnresolved(
            Connection connection, PartKey key, Task<?> follow, PartState to, String set, Object... parameters)
            throws SQLException {
        Optional<Batch> batch =
                updates.change(connection, key, PartState.UNRESOLVED, to, Optional.empty(), set, parameters);
        if (batch.isPresent()) {
            // outcomes that were read from results of another part
            Sql.update(
                    connection,
                    "update claude_batch_request set outcome = null, error_type = null where batch = ? and part = ?",
                    key.batch(),
                    key.number());
            queue.schedule(connection, follow, key.task(), updates.now());
        }
        return batch;
    }

    /** Schedules a task for each part that needs one and has none. */
    void followAll(Task<?> follow) {
        database.transaction(connection -> queue.scheduleMissing(
                connection,
                follow,
                "p.batch",
                "p.number",
                OF_APPLICATION + " and p.state in ('waiting', 'sending', 'running')",
                updates.now()));
    }

    /** Stores how Claude describes the part now; empty if the description has not changed. */
    Optional<Batch> updateMessageBatch(PartSnapshot found, MessageBatch before, MessageBatch now) {
        // If it has ended, its results may still be missing or unreadable. That problem stays.
        boolean hasRecovered = !now.hasEnded()
                && (found.part().problem().isPresent() || found.missingSince().isPresent());
        return now.json().equals(before.json()) && !hasRecovered
                ? Optional.empty()
                : transition(
                        found,
                        PartState.RUNNING,
                        ", message_batch = ?, problem = null, missing_since = null",
                        JsonText.text(now.json()));
    }

    /** Stores a problem without a change of the state. The result is empty if the problem is already stored. */
    Optional<Batch> storeProblem(PartSnapshot found, String problem) {
        return found.part().problem().filter(problem::equals).isPresent()
                ? Optional.empty()
                : transition(found, found.part().state(), ", problem = ?", problem);
    }

    /**
     * The time during which it is unknown whether Claude has a part or its results.
     *
     * @param since start, by the wall clock
     * @param time elapsed on this server, by its ticker: zero at first, also after a restart
     */
    record Missing(Instant since, Duration time) {}

    /**
     * Stores that it is unknown whether Claude has the part or its results: since now, or since the stored time if
     * there is one.
     */
    Missing markMissing(PartKey key) {
        Instant now = updates.now();
        Instant since = database.use(connection -> {
            Sql.update(
                    connection,
                    "update claude_batch_part set missing_since = ? where batch = ? and number = ? and missing_since is null",
                    now,
                    key.batch(),
                    key.number());
            return Sql.one(
                            connection,
                            "select missing_since from claude_batch_part where batch = ? and number = ?",
                            row -> Sql.instant(row, "missing_since").orElse(now),
                            key.batch(),
                            key.number())
                    .orElse(now);
        });
        return new Missing(since, missing.unchangedFor(key, since));
    }

    /**
     * Stores that Claude has rejected the part. Requests of round 0 count as errored; resubmitted requests keep the
     * outcome that they had before.
     */
    Optional<Batch> fail(PartSnapshot sending, String problem) {
        return database.transaction(connection ->
                end(connection, sending, PartState.FAILED, "refused", StoredErrors.type(problem), problem));
    }

    /** Stores that the part was canceled before it was sent. */
    Optional<Batch> cancel(PartSnapshot waiting) {
        return database.transaction(connection -> end(connection, waiting, PartState.CANCELED, "canceled", null, null));
    }

    private Optional<Batch> end(
            Connection connection, PartSnapshot found, PartState to, String outcome, String errorType, String problem)
            throws SQLException {
        PartKey key = found.key();
        BatchRows.lock(connection, key.batch());
        BatchPart part = rows.part(connection, key.batch(), key.number()).orElseThrow();
        if (part.state() != found.part().state()
                || !part.sentAt().equals(found.part().sentAt())) {
            return Optional.empty();
        }
        if (part.round() == 0) {
            Sql.update(
                    connection,
                    "update claude_batch_request set outcome = ?, error_type = ? where batch = ? and part = ?",
                    outcome,
                    errorType,
                    key.batch(),
                    key.number());
        } else {
            Resubmission.undo(connection, key);
        }
        long finalCount = part.round() == 0 ? part.requests() : 0;
        return updates.change(
                connection,
                key,
                part.state(),
                to,
                part.sentAt(),
                ", problem = ?, processing = 0, errored = ?, canceled = ?",
                problem,
                to == PartState.FAILED ? finalCount : 0,
                to == PartState.CANCELED ? finalCount : 0);
    }

    private Optional<Batch> transition(PartSnapshot found, PartState to, String set, Object... parameters) {
        return database.transaction(connection -> updates.change(
                connection, found.key(), found.part().state(), to, found.part().sentAt(), set, parameters));
    }

    /**
     * Returns the ids of the message batches that belong to a part of any application. Applications may share Claude's
     * key.
     */
    Set<String> findOurs(List<String> messageBatchIds) {
        if (messageBatchIds.isEmpty()) {
            return Set.of();
        }
        return Set.copyOf(database.use(connection -> Sql.list(
                connection,
                "select message_batch_id from claude_batch_part where message_batch_id in ("
                        + Sql.placeholders(messageBatchIds.size()) + ")",
                row -> row.getString(1),
                messageBatchIds.toArray())));
    }

    /**
     * Returns whether another part of the same size, of any application, may have been sent at about the same time.
     * Then their message batches cannot be distinguished.
     */
    boolean hasSimilarPart(PartSnapshot found, Duration around) {
        Instant sent = found.part().sentAt().orElseThrow();
        return database.use(connection -> Sql.one(
                                connection,
                                """
            select count(*) from claude_batch_part
            where state in ('sending', 'unresolved') and message_batch_id is null and requests = ? and sent_at between ? and ?
              and not (batch = ? and number = ?)""",
                                row -> row.getLong(1),
                                found.part().requests(),
                                sent.minus(around),
                                sent.plus(around),
                                found.key().batch(),
                                found.key().number())
                        .orElse(0L))
                > 0;
    }
}
