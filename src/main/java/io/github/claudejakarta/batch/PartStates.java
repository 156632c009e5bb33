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
 * The states of parts in the database, and how a part goes from one to the next. Each change returns the batch as it is
 * then; empty if the part is not in the state that the change begins at, because another server was first.
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
     * Takes the right to send a waiting part, and writes down that it is being sent. Of parts of one size only one is
     * sent at a time: if the server dies, what Claude then has of that size can be no other. That goes for this
     * application: another one may be gone for good, and what it was sending with it; {@link #hasRival} looks at all.
     *
     * @param max parts of this application that may be with Claude at a time
     * @return empty where that many are, or one of the same size is being sent
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
            boolean isAlone = Sql.one(connection, """
                select count(*) from claude_batch_part s join claude_batch_part p on p.requests = s.requests
                                     join claude_batch b on b.ordinal = s.batch
                where s.state = 'sending' and b.application = ? and p.batch = ? and p.number = ?""", row -> row.getLong(1), application(), key.batch(), key.number())
                            .orElse(0L)
                    == 0;
            return running >= max || !isAlone
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
     * Claude has accepted the part.
     *
     * @param isSimulated whether it was a simulator
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

    /** Batches of other callers are not named: callers must not learn of them. */
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

    /** Claude has not accepted the part, and may later. */
    Optional<Batch> putBack(PartSnapshot sending, String problem) {
        return transition(sending, PartState.WAITING, ", problem = ?, missing_since = null", problem);
    }

    /** Returns how many parts wait for a person, of all batches. The index on the state makes it cheap. */
    long countUnresolved() {
        return database.use(connection -> Sql.one(
                        connection,
                        "select count(*)" + OF_APPLICATION + " and p.state = 'unresolved'",
                        row -> row.getLong(1),
                        application()))
                .orElse(0L);
    }

    /** The part waits for a person. */
    Optional<Batch> markUnresolved(PartSnapshot found, String problem) {
        return transition(found, PartState.UNRESOLVED, ", problem = ?", problem);
    }

    /**
     * A person has said which of Claude's batches the part is.
     *
     * @throws MessageBatchConflict if another part has this message batch; then nothing changes
     */
    Optional<Batch> resolve(PartSnapshot unresolved, MessageBatch batch, Task<?> follow) {
        return assign(
                unresolved,
                batch,
                connection -> leaveUnresolved(
                        connection,
                        unresolved.key(),
                        follow,
                        PartState.RUNNING,
                        SET_MESSAGE_BATCH,
                        batch.id(),
                        JsonText.text(batch.json())));
    }

    /** A person has said that Claude does not have the part: it is sent again. */
    Optional<Batch> sendAgain(PartKey key, Task<?> follow) {
        return database.transaction(connection -> leaveUnresolved(
                connection,
                key,
                follow,
                PartState.WAITING,
                ", problem = null, missing_since = null, message_batch_id = null, message_batch = null"));
    }

    private Optional<Batch> leaveUnresolved(
            Connection connection, PartKey key, Task<?> follow, PartState to, String set, Object... parameters)
            throws SQLException {
        Optional<Batch> batch =
                updates.change(connection, key, PartState.UNRESOLVED, to, Optional.empty(), set, parameters);
        if (batch.isPresent()) {
            // what results that were not this part's have left
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
        // Of one that has ended the results may still be missing, or what is wrong with them.
        boolean isWellAgain = !now.hasEnded()
                && (found.part().problem().isPresent() || found.missingSince().isPresent());
        return now.json().equals(before.json()) && !isWellAgain
                ? Optional.empty()
                : transition(
                        found,
                        PartState.RUNNING,
                        ", message_batch = ?, problem = null, missing_since = null",
                        JsonText.text(now.json()));
    }

    /** Stores what went wrong, and leaves the state as it is; empty if that problem is stored already. */
    Optional<Batch> noteProblem(PartSnapshot found, String problem) {
        return found.part().problem().filter(problem::equals).isPresent()
                ? Optional.empty()
                : transition(found, found.part().state(), ", problem = ?", problem);
    }

    /**
     * Nobody can say whether Claude has a part, or its results.
     *
     * @param since by the wall clock
     * @param time that this server has known it, by its ticker: zero at first, also after a restart
     */
    record Missing(Instant since, Duration time) {}

    /**
     * Stores that nobody can say whether Claude has the part, or its results: since now, unless that is stored already.
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
        return new Missing(since, missing.look(key, since));
    }

    /**
     * Claude has rejected the part. What was sent for the first time counts as errored; what was sent again keeps the
     * outcome it had.
     */
    Optional<Batch> fail(PartSnapshot sending, String problem) {
        return database.transaction(connection ->
                end(connection, sending, PartState.FAILED, "refused", StoredErrors.type(problem), problem));
    }

    /** The batch was canceled before the part was sent. */
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
        long kept = part.round() == 0 ? part.requests() : 0;
        return updates.change(
                connection,
                key,
                part.state(),
                to,
                part.sentAt(),
                ", problem = ?, processing = 0, errored = ?, canceled = ?",
                problem,
                to == PartState.FAILED ? kept : 0,
                to == PartState.CANCELED ? kept : 0);
    }

    private Optional<Batch> transition(PartSnapshot found, PartState to, String set, Object... parameters) {
        return database.transaction(connection -> updates.change(
                connection, found.key(), found.part().state(), to, found.part().sentAt(), set, parameters));
    }

    /**
     * Returns those of these message batches that belong to a part, of any application: they may share Claude's key.
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
     * Returns whether another part of the same size, of any application, may have been sent in the same time, so that
     * nobody can tell them apart.
     */
    boolean hasRival(PartSnapshot found, Duration around) {
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
