package io.github.claudejakarta.webhook;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.durable.ApplicationName;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.web.RandomId;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** Stores deliveries in the database. */
final class DeliveryStore {

    private static final String COLUMNS =
            "select id, event, url, status, attempts, last_status, last_answer, created_at, last_attempt_at,"
                    + " next_attempt_at, ended_at from claude_delivery ";

    private final Database database;
    private final TaskQueue queue;
    private final Clock clock;
    private final ApplicationName application;

    DeliveryStore(Database database, TaskQueue queue, Clock clock) {
        this.database = database;
        this.queue = queue;
        this.clock = clock;
        this.application = database.application();
    }

    /** A delivery that is due. */
    record Due(TaskKey key, String subject, int failures, URI url) {}

    /**
     * The outcome of an attempt.
     *
     * @param status HTTP status of the answer; empty without an answer
     * @param answer beginning of the answer, or the reason why no answer arrived; empty if there is no text
     */
    record Outcome(Optional<Integer> status, Optional<String> answer) {}

    Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    /** Stores a delivery and schedules it, in the caller's transaction. */
    void add(Connection transaction, String subject, String event, URI url, byte[] payload, Task<?> send)
            throws SQLException {
        var key = new TaskKey(RandomId.of("msg_"), 0);
        Instant now = now();
        Sql.update(transaction, """
            insert into claude_delivery (application, id, subject, event, url, payload, status, round, failures, attempts, created_at, next_attempt_at)
            values (?, ?, ?, ?, ?, ?, 'pending', 0, 0, 0, ?, ?)""", application.value(), key.id(), subject, event, url.toString(), payload, now, now);
        queue.schedule(transaction, send, key, now);
    }

    /** Returns a delivery that is due; empty if it was sent, or belongs to another round. */
    Optional<Due> due(TaskKey key) {
        return database.use(connection -> Sql.one(
                connection,
                "select subject, failures, url from claude_delivery where id = ? and application = ? and round = ? and status = 'pending'",
                row -> new Due(key, row.getString(1), row.getInt(2), URI.create(row.getString(3))),
                key.id(),
                application.value(),
                key.number()));
    }

    /**
     * Returns the content of a delivery; empty if the delivery was removed. The content is read separately, because it
     * may be large and is not always needed.
     */
    Optional<String> payload(TaskKey key) {
        return database.use(connection -> Sql.one(
                connection,
                "select payload from claude_delivery where id = ?",
                row -> new String(row.getBytes(1), StandardCharsets.UTF_8),
                key.id()));
    }

    /** Stores the last outcome of a delivery, which ends it. */
    void end(TaskKey key, DeliveryStatus status, Outcome outcome) {
        Instant now = now();
        int failed = status == DeliveryStatus.DELIVERED ? 0 : 1;
        database.use(connection -> Sql.update(
                connection,
                """
            update claude_delivery set status = ?, attempts = attempts + 1, failures = failures + ?, last_status = cast(? as int), last_answer = ?,
                   last_attempt_at = ?, next_attempt_at = null, ended_at = ?
            where id = ? and round = ? and status = 'pending'""",
                status.toString(),
                failed,
                outcome.status().orElse(null),
                outcome.answer().orElse(null),
                now,
                now,
                key.id(),
                key.number()));
    }

    /** Stores a failed attempt, and the time of the next one. */
    void markFailed(TaskKey key, Outcome outcome, Instant next) {
        database.use(connection -> Sql.update(
                connection,
                """
            update claude_delivery set attempts = attempts + 1, failures = failures + 1, last_status = cast(? as int), last_answer = ?,
                   last_attempt_at = ?, next_attempt_at = ?
            where id = ? and round = ? and status = 'pending'""",
                outcome.status().orElse(null),
                outcome.answer().orElse(null),
                now(),
                next,
                key.id(),
                key.number()));
    }

    /** Postpones a delivery whose host has no free slot. */
    void postpone(TaskKey key, Instant next) {
        database.use(connection -> Sql.update(
                connection,
                "update claude_delivery set next_attempt_at = ? where id = ? and round = ? and status = 'pending'",
                next,
                key.id(),
                key.number()));
    }

    /** Returns the deliveries of a job or a batch, oldest first. */
    List<Delivery> list(String subject) {
        return database.use(connection -> Sql.list(
                connection,
                COLUMNS + "where subject = ? and application = ? order by ordinal",
                DeliveryStore::delivery,
                subject,
                application.value()));
    }

    /** Returns the latest delivery of a job or a batch, read on the caller's connection. */
    Optional<Delivery> latest(Connection connection, String subject) throws SQLException {
        return Sql.one(
                connection,
                COLUMNS + "where subject = ? and application = ? order by ordinal desc limit 1",
                DeliveryStore::delivery,
                subject,
                application.value());
    }

    private static Delivery delivery(ResultSet row) throws SQLException {
        return new Delivery(
                row.getString("id"),
                row.getString("event"),
                URI.create(row.getString("url")),
                DeliveryStatus.of(row.getString("status")),
                row.getInt("attempts"),
                Optional.ofNullable(row.getObject("last_status", Integer.class)),
                Optional.ofNullable(row.getString("last_answer")),
                Sql.instant(row, "created_at").orElseThrow(),
                Sql.instant(row, "last_attempt_at"),
                Sql.instant(row, "next_attempt_at"),
                Sql.instant(row, "ended_at"));
    }

    /**
     * Schedules a delivery again, with all attempts, whatever its state.
     *
     * @return the delivery; empty if the job or batch has no such delivery
     */
    Optional<Delivery> resend(String subject, String id, Task<?> send) {
        return database.transaction(connection -> {
            Instant now = now();
            int changed = Sql.update(connection, """
                update claude_delivery set status = 'pending', round = round + 1, failures = 0, next_attempt_at = ?, ended_at = null
                where id = ? and subject = ? and application = ?""", now, id, subject, application.value());
            if (changed == 0) {
                return Optional.empty();
            }
            int round = Sql.one(connection, "select round from claude_delivery where id = ?", row -> row.getInt(1), id)
                    .orElseThrow();
            queue.schedule(connection, send, new TaskKey(id, round), now);
            return Sql.one(connection, COLUMNS + "where id = ?", DeliveryStore::delivery, id);
        });
    }

    /** Schedules a task for each delivery that needs one and has none. */
    void sendAll(Task<?> send) {
        database.transaction(connection -> queue.scheduleMissing(
                connection,
                send,
                "d.id",
                "d.round",
                "from claude_delivery d where d.application = ? and d.status = 'pending'",
                now()));
    }

    /** Removes the deliveries of a job or a batch that is removed, in the caller's transaction. */
    static void forget(Connection transaction, String subject) throws SQLException {
        Sql.update(transaction, "delete from claude_delivery where subject = ?", subject);
    }
}
