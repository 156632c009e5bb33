package io.github.claudejakarta.batch;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.durable.ApplicationName;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.Listing;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.durable.UnchangedTimer;
import io.github.claudejakarta.listener.ListenerTasks;
import io.github.claudejakarta.runtime.Ticker;
import io.github.claudejakarta.web.Page;
import io.github.claudejakarta.web.RandomId;
import io.github.claudejakarta.webhook.Webhooks;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Stores batches in the database: receives, finds, lists, cancels and deletes them. */
final class BatchStore {

    /**
     * The time after which a submission is abandoned. During this time, this server has seen no heartbeat of the server
     * that receives the submission.
     */
    private static final Duration ABANDONED = DurableTasks.TAKEN_OVER;

    private static final String PREFIX = "batch_";
    private static final String VISIBLE = "status <> 'receiving'";
    private static final Listing LISTING = new Listing("claude_batch", "*", VISIBLE);

    private final Database database;
    private final TaskQueue queue;
    private final BatchRows rows;
    private final Clock clock;
    private final UnchangedTimer submissions;
    private final ApplicationName application;

    BatchStore(Database database, TaskQueue queue, BatchRows rows, Clock clock, Ticker ticker) {
        this.database = database;
        this.queue = queue;
        this.rows = rows;
        this.clock = clock;
        this.application = rows.application();
        this.submissions = new UnchangedTimer(ticker);
    }

    /** A batch that is being received. */
    record Receiving(long ordinal, String id) {}

    /** A part of a submission, before it is stored. */
    record NewPart(int number, long first, long last, long bytes) {

        long requests() {
            return last - first + 1;
        }
    }

    Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    /**
     * Returns the batch of an earlier submission with this key. An earlier submission that was abandoned is removed,
     * and the result is empty.
     */
    Optional<Batch> findByKey(String owner, String key) {
        return database.transaction(connection -> {
            removeAbandoned(connection, "owner = ? and idempotency_key = ?", owner, key);
            return Sql.one(
                    connection,
                    "select * from claude_batch where application = ? and owner = ? and idempotency_key = ? and "
                            + VISIBLE,
                    row -> rows.batch(connection, row),
                    application.value(),
                    owner,
                    key);
        });
    }

    /**
     * Begins a submission.
     *
     * @throws ClaudeException {@code conflict_error} if another submission with this key is being received
     */
    Receiving begin(Submitter submitter) {
        String id = RandomId.of(PREFIX);
        return database.use(connection -> {
            Instant now = now();
            try {
                Sql.update(
                        connection,
                        """
                    insert into claude_batch (application, id, owner, idempotency_key, status, revision, headers, server, cancel_requested, requests, created_at,
                                              touched_at)
                    values (?, ?, ?, ?, 'receiving', 0, ?, ?, false, 0, ?, ?)""",
                        application.value(),
                        id,
                        submitter.owner(),
                        submitter.key().orElse(null),
                        submitter.headers().json(),
                        submitter.server().toString(),
                        now,
                        now);
            } catch (SQLException e) {
                if (Sql.isDuplicate(e)) {
                    throw ClaudeException.of(
                                    ErrorType.CONFLICT,
                                    "Another submission with this Idempotency-Key is still being received. Retry when it has ended")
                            .withRetryAfter(DurableTasks.HEARTBEAT)
                            .withCause(e);
                }
                throw e;
            }
            long ordinal = Sql.one(
                            connection, "select ordinal from claude_batch where id = ?", row -> row.getLong(1), id)
                    .orElseThrow();
            return new Receiving(ordinal, id);
        });
    }

    /** Stores a heartbeat: the submission is still being received, however slowly its requests arrive. */
    void touch(Receiving batch) {
        database.use(connection -> Sql.update(
                connection, "update claude_batch set touched_at = ? where ordinal = ?", now(), batch.ordinal()));
    }

    /** Returns the bytes of the requests of all batches, by the counter. */
    long storedBytes() {
        return rows.storedBytes().measure(database);
    }

    /** Sets the counter to the sum of the rows. */
    void correctStoredBytes() {
        rows.storedBytes().correct(database);
    }

    /**
     * Stores all of these requests, or none of them.
     *
     * @return the requests whose {@code custom_id} is used by an earlier request of the list or the batch, in their
     *     order; if there are any, no request was stored
     */
    List<SubmittedRequest> add(Receiving batch, long firstPosition, int part, List<SubmittedRequest> requests) {
        return database.transaction(connection -> {
            if (requests.stream().map(SubmittedRequest::customId).distinct().count() < requests.size()) {
                return repeated(connection, batch.ordinal(), requests);
            }
            Savepoint before = connection.setSavepoint();
            try {
                insert(connection, batch.ordinal(), firstPosition, part, requests);
                return List.of();
            } catch (SQLException e) {
                if (Sql.isDuplicate(e)) {
                    connection.rollback(before);
                    return repeated(connection, batch.ordinal(), requests);
                }
                throw e;
            }
        });
    }

    private static void insert(
            Connection connection, long ordinal, long firstPosition, int part, List<SubmittedRequest> requests)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
            insert into claude_batch_request (batch, position, custom_id, part, settled_part, body) values (?, ?, ?, ?, ?, ?)""")) {
            long position = firstPosition;
            for (SubmittedRequest request : requests) {
                Sql.set(insert, ordinal, position++, request.customId(), part, part, request.json());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private static List<SubmittedRequest> repeated(Connection connection, long ordinal, List<SubmittedRequest> requests)
            throws SQLException {
        var parameters = new ArrayList<Object>();
        parameters.add(ordinal);
        requests.forEach(request -> parameters.add(request.customId()));
        var seen = new HashSet<String>(Sql.list(
                connection,
                "select custom_id from claude_batch_request where batch = ? and custom_id in ("
                        + Sql.placeholders(requests.size()) + ")",
                row -> row.getString(1),
                parameters.toArray()));
        return requests.stream()
                .filter(request -> !seen.add(request.customId()))
                .toList();
    }

    /** Finishes a submission in one transaction: the batch becomes visible, and its parts are scheduled. */
    Batch finish(Receiving batch, List<NewPart> parts, Optional<URI> callback, Task<?> follow) {
        return database.transaction(connection -> {
            Instant now = now();
            for (NewPart part : parts) {
                insertPart(
                        connection,
                        batch.ordinal(),
                        part.number(),
                        0,
                        part.first(),
                        part.last(),
                        part.requests(),
                        part.bytes());
            }
            rows.storedBytes()
                    .add(connection, parts.stream().mapToLong(NewPart::bytes).sum());
            long requests = parts.stream().mapToLong(NewPart::requests).sum();
            Sql.update(
                    connection,
                    "update claude_batch set requests = ?, callback_url = ? where ordinal = ?",
                    requests,
                    callback.map(URI::toString).orElse(null),
                    batch.ordinal());
            Batch finished = rows.refresh(connection, batch.ordinal(), now);
            for (NewPart part : parts) {
                queue.schedule(connection, follow, new PartKey(batch.ordinal(), part.number()).task(), now);
            }
            return finished;
        });
    }

    static void insertPart(
            Connection connection,
            long ordinal,
            int number,
            int round,
            long first,
            long last,
            long requests,
            long bytes)
            throws SQLException {
        Sql.update(connection, """
            insert into claude_batch_part (batch, number, round, state, first_position, last_position, requests, bytes,
                                           processing, succeeded, errored, canceled, expired)
            values (?, ?, ?, 'waiting', ?, ?, ?, ?, ?, 0, 0, 0, 0)""", ordinal, number, round, first, last, requests, bytes, requests);
    }

    Optional<Batch> find(String id) {
        if (!RandomId.isValid(PREFIX, id)) {
            return Optional.empty();
        }
        return database.use(connection -> Sql.one(
                connection,
                "select * from claude_batch where id = ? and application = ? and " + VISIBLE,
                row -> rows.batch(connection, row),
                id,
                application.value()));
    }

    /** Returns the key of a batch within the database; empty if there is no such batch. */
    Optional<Long> ordinal(String id) {
        return database.use(connection -> Sql.one(
                connection,
                "select ordinal from claude_batch where id = ? and application = ? and " + VISIBLE,
                row -> row.getLong(1),
                id,
                application.value()));
    }

    StoredHeaders headers(long ordinal) {
        return database.use(connection -> Sql.one(
                        connection,
                        "select headers from claude_batch where ordinal = ?",
                        row -> StoredHeaders.parse(row.getString(1)),
                        ordinal))
                .orElse(StoredHeaders.NONE);
    }

    /** Returns the revisions of the batches that exist. */
    Map<String, Long> revisions(Set<String> ids) {
        return database.use(connection -> {
            var revisions = new HashMap<String, Long>();
            Sql.<RuntimeException>each(
                    connection,
                    "select id, revision from claude_batch where application = ? and id in ("
                            + Sql.placeholders(ids.size()) + ")",
                    row -> revisions.put(row.getString(1), row.getLong(2)),
                    Stream.concat(Stream.of(application.value()), ids.stream()).toArray());
            return revisions;
        });
    }

    /** Returns a page of the batches that a caller may see. */
    Page<Batch> list(Listing.Query query) {
        return database.use(
                connection -> LISTING.page(connection, application, query, row -> rows.batch(connection, row)));
    }

    /** Requests the cancellation of a batch. The tasks of its parts then cancel them. */
    Batch cancel(long ordinal) {
        return database.transaction(connection -> {
            BatchRows.lock(connection, ordinal);
            Batch batch = rows.find(connection, ordinal).orElseThrow();
            if (batch.status().hasEnded()) {
                return batch;
            }
            Sql.update(connection, "update claude_batch set cancel_requested = true where ordinal = ?", ordinal);
            return rows.refresh(connection, ordinal, now());
        });
    }

    /** Removes a submission that failed, with everything that was stored of it. */
    void forget(Receiving batch) {
        database.transaction(connection -> {
            // The batch may be complete, if the response to the commit was lost.
            BatchRows.lock(connection, batch.ordinal());
            return rows.remove(connection, batch.ordinal(), "1 = 1");
        });
    }

    /**
     * Removes a batch that has ended, with its parts, requests, deliveries and calls.
     *
     * @return whether the batch had ended and was removed
     */
    boolean removeOver(long ordinal) {
        return database.transaction(connection -> {
            BatchRows.lock(connection, ordinal);
            return rows.remove(connection, ordinal, "status in ('ended', 'failed')");
        });
    }

    /** Removes a batch that ended before a moment, has not been resubmitted since, and has no pending reports. */
    boolean removeEndedBefore(long ordinal, Instant moment) {
        return database.transaction(connection -> {
            BatchRows.lock(connection, ordinal);
            return rows.remove(
                    connection,
                    ordinal,
                    "ended_at < ? and " + Webhooks.hasNoPendingDelivery("claude_batch.id") + " and "
                            + ListenerTasks.hasNoPendingCall("claude_batch.id"),
                    moment);
        });
    }

    /** Removes abandoned submissions. This server must have seen them before, at an earlier call. */
    void removeAbandoned() {
        database.transaction(connection -> {
            removeAbandoned(connection, "1 = 1");
            return null;
        });
    }

    private record Heartbeat(long ordinal, Instant touchedAt) {}

    /** Clocks of servers may differ. The time since the latest heartbeat is therefore measured by this server. */
    private void removeAbandoned(Connection connection, String condition, Object... parameters) throws SQLException {
        for (Heartbeat heartbeat : Sql.list(
                connection,
                "select ordinal, touched_at from claude_batch where application = ? and status = 'receiving' and "
                        + condition,
                row -> new Heartbeat(
                        row.getLong(1), Sql.instant(row, "touched_at").orElseThrow()),
                Stream.concat(Stream.of(application.value()), Stream.of(parameters))
                        .toArray())) {
            if (submissions
                            .unchangedFor(heartbeat.ordinal(), heartbeat.touchedAt())
                            .compareTo(ABANDONED)
                    >= 0) {
                Sql.update(
                        connection,
                        "delete from claude_batch where ordinal = ? and status = 'receiving' and touched_at = ?",
                        heartbeat.ordinal(),
                        heartbeat.touchedAt());
            }
        }
    }

    /** Removes abandoned submissions, and returns the batches whose retention has expired. */
    List<Batch> expired(Duration retention) {
        return database.transaction(connection -> {
            removeAbandoned(connection, "1 = 1");
            return Sql.list(
                    connection,
                    "select * from claude_batch where application = ? and ended_at < ?",
                    row -> rows.batch(connection, row),
                    application.value(),
                    now().minus(retention));
        });
    }
}
