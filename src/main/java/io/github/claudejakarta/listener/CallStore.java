package io.github.claudejakarta.listener;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.durable.ApplicationName;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.durable.StorableText;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.web.RandomId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** Stores calls of listeners in the database. A call that was made has no row. */
final class CallStore {

    private static final int MAX_PROBLEM_LENGTH = 2000;

    private final Database database;
    private final TaskQueue queue;
    private final Clock clock;
    private final ApplicationName application;

    CallStore(Database database, TaskQueue queue, Clock clock) {
        this.database = database;
        this.queue = queue;
        this.clock = clock;
        this.application = database.application();
    }

    /**
     * A call that is due.
     *
     * @param kind kind of the object that ended, such as a job
     * @param subject id of the object that ended
     * @param listener name of the listener
     * @param failures number of failures since the call was stored or a person repeated it
     * @param missingSince since when no node has had the listener
     */
    record Due(
            TaskKey key, String kind, String subject, String listener, int failures, Optional<Instant> missingSince) {}

    Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    /** Stores a call and schedules it, in the caller's transaction. */
    void add(Connection transaction, String kind, String subject, String listener, Task<?> call) throws SQLException {
        var key = new TaskKey(RandomId.of("call_"), 0);
        Instant now = now();
        Sql.update(transaction, """
            insert into claude_listener_call (application, id, kind, subject, listener, status, round, failures, created_at)
            values (?, ?, ?, ?, ?, 'pending', 0, 0, ?)""", application.value(), key.id(), kind, subject, listener, now);
        queue.schedule(transaction, call, key, now);
    }

    /** Returns a call that is due; empty if it was made, is dead, or belongs to an earlier round. */
    Optional<Due> due(TaskKey key) {
        return database.use(connection -> Sql.one(
                connection,
                "select kind, subject, listener, failures, missing_since from claude_listener_call"
                        + " where id = ? and application = ? and round = ? and status = 'pending'",
                row -> due(key, row),
                key.id(),
                application.value(),
                key.number()));
    }

    private static Due due(TaskKey key, ResultSet row) throws SQLException {
        return new Due(
                key,
                row.getString("kind"),
                row.getString("subject"),
                row.getString("listener"),
                row.getInt("failures"),
                Sql.instant(row, "missing_since"));
    }

    /** Removes a call that was made, or is no longer needed. */
    void remove(TaskKey key) {
        database.use(connection -> Sql.update(
                connection, "delete from claude_listener_call where id = ? and round = ?", key.id(), key.number()));
    }

    /** Stores that a call failed and will be repeated. */
    void markFailed(TaskKey key, String problem) {
        update(key, "pending", problem);
    }

    /** Stores that a call failed for the last time. */
    void markDead(TaskKey key, String problem) {
        update(key, "dead", problem);
    }

    private void update(TaskKey key, String status, String problem) {
        database.use(connection -> Sql.update(
                connection, """
            update claude_listener_call set status = ?, failures = failures + 1, problem = ?, missing_since = null
            where id = ? and round = ? and status = 'pending'""", status, StorableText.beginning(problem, MAX_PROBLEM_LENGTH), key.id(), key.number()));
    }

    /** Stores that this node lacks the listener of a call. */
    void markMissing(TaskKey key) {
        database.use(connection -> Sql.update(
                connection,
                "update claude_listener_call set missing_since = ? where id = ? and missing_since is null",
                now(),
                key.id()));
    }

    /**
     * Repeats the dead calls for an object that ended.
     *
     * @return the number of these calls
     */
    int retry(String subject, Task<?> call) {
        return database.transaction(connection -> {
            List<TaskKey> dead = Sql.list(
                    connection,
                    "select id, round from claude_listener_call where application = ? and subject = ? and status = 'dead'",
                    row -> new TaskKey(row.getString(1), row.getInt(2)),
                    application.value(),
                    subject);
            int count = 0;
            for (TaskKey key : dead) {
                int changed = Sql.update(connection, """
                    update claude_listener_call set status = 'pending', round = round + 1, failures = 0
                    where id = ? and round = ? and status = 'dead'""", key.id(), key.number());
                if (changed > 0) {
                    queue.schedule(connection, call, new TaskKey(key.id(), key.number() + 1), now());
                }
                count += changed;
            }
            return count;
        });
    }

    /** Schedules a task for each call that needs one and has none. */
    void callAll(Task<?> call) {
        database.transaction(connection -> queue.scheduleMissing(
                connection,
                call,
                "c.id",
                "c.round",
                "from claude_listener_call c where c.application = ? and c.status = 'pending'",
                now()));
    }

    static void forget(Connection transaction, String subject) throws SQLException {
        Sql.update(transaction, "delete from claude_listener_call where subject = ?", subject);
    }
}
