package io.github.claudejakarta.job;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.UnparsedToolInput;
import io.github.claudejakarta.durable.ApplicationName;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Listing;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.durable.StoredBytes;
import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.listener.ListenerTasks;
import io.github.claudejakarta.runtime.MemoryReservation;
import io.github.claudejakarta.web.Page;
import io.github.claudejakarta.web.RandomId;
import io.github.claudejakarta.webhook.Webhooks;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Jobs in the database, and how they go from one status to the next. A change is made only where the job is as it was
 * when it was read: who comes too late changes nothing, and is told so by an empty answer.
 */
final class JobStore {

    private static final String PREFIX = "job_";
    private static final Listing LISTING = new Listing("claude_job", JobRows.ITEM, "1 = 1");
    private static final int FORGOTTEN_AT_ONCE = 500;

    private final Database database;
    private final TaskQueue queue;
    private final Webhooks webhooks;
    private final JobRows rows;
    private final Clock clock;
    private final List<JobStep> ends;
    private final ApplicationName application;
    private final StoredBytes kept;

    JobStore(Database database, TaskQueue queue, Webhooks webhooks, Clock clock) {
        this(database, queue, webhooks, clock, List.of());
    }

    /** @param ends steps that run in each transaction that ends a job; may grow */
    JobStore(Database database, TaskQueue queue, Webhooks webhooks, Clock clock, List<JobStep> ends) {
        this.database = database;
        this.queue = queue;
        this.webhooks = webhooks;
        this.clock = clock;
        this.ends = ends;
        this.application = database.application();
        this.rows = new JobRows(webhooks, application);
        this.kept = new StoredBytes(application, "job", "select sum(bytes) from claude_job where application = ?");
    }

    Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    /**
     * Stores a job and schedules it, in the caller's transaction where there is one.
     *
     * @param key {@code Idempotency-Key}, or null
     * @param headers for Claude
     * @param step runs in the same transaction
     * @param stored is run once it is certain
     * @throws DuplicateKey where there is a job with that key already
     */
    Job add(
            String owner,
            String key,
            StoredHeaders headers,
            JobSubmission submission,
            Task<?> run,
            JobStep step,
            Runnable stored) {
        String id = RandomId.of(PREFIX);
        return database.join(
                connection -> {
                    Instant now = now();
                    try {
                        Sql.update(
                                connection,
                                """
                    insert into claude_job (application, id, owner, idempotency_key, status, revision, round, headers, request, metadata, callback_url,
                                            attempts, restarts, token, bytes, created_at)
                    values (?, ?, ?, ?, 'queued', 0, 0, ?, ?, ?, ?, 0, 0, 0, ?, ?)""",
                                application.value(),
                                id,
                                owner,
                                key,
                                headers.json(),
                                submission.request(),
                                submission.metadata().orElse(null),
                                submission.callbackUrl().orElse(null),
                                submission.request().length,
                                now);
                    } catch (SQLException e) {
                        if (Sql.isDuplicate(e)) {
                            throw new DuplicateKey();
                        }
                        throw e;
                    }
                    kept.add(connection, submission.request().length);
                    queue.schedule(connection, run, new TaskKey(id, 0), now);
                    Job job = rows.find(connection, id).orElseThrow();
                    step.run(connection, job);
                    return job;
                },
                stored);
    }

    /** There is a job with this key of this owner's. */
    static final class DuplicateKey extends RuntimeException {

        private static final long serialVersionUID = 1;

        DuplicateKey() {
            super(null, null, false, false);
        }
    }

    /**
     * A job that was submitted before with the same key.
     *
     * @param isSame whether it was submitted with the same request, URL and metadata
     */
    record Earlier(Job job, boolean isSame) {}

    /**
     * Reads an earlier request only where it is as long as this one: the caller has taken memory for that much, and
     * another length is another request.
     */
    Optional<Earlier> findByKey(String owner, String key, JobSubmission submission) {
        return database.use(connection -> {
            Optional<Stored> stored = Sql.one(
                    connection,
                    "select id, callback_url, metadata, octet_length(request) from claude_job where application = ? and owner = ? and idempotency_key = ?",
                    Stored::of,
                    application.value(),
                    owner,
                    key);
            if (stored.isEmpty()) {
                return Optional.empty();
            }
            boolean isSame = isSame(connection, stored.get(), submission);
            return rows.find(connection, stored.get().id()).map(job -> new Earlier(job, isSame));
        });
    }

    private static boolean isSame(Connection connection, Stored stored, JobSubmission submission) throws SQLException {
        if (stored.length() != submission.request().length) {
            return false;
        }
        return Sql.large(connection, "request", "claude_job where id = ?", MemoryReservation.UNLIMITED, stored.id())
                .filter(request ->
                        new JobSubmission(request, stored.callbackUrl(), stored.metadata()).isSameAs(submission))
                .isPresent();
    }

    /** @param length of the request, in bytes */
    private record Stored(String id, Optional<String> callbackUrl, Optional<String> metadata, int length) {

        static Stored of(ResultSet row) throws SQLException {
            return new Stored(
                    row.getString(1),
                    Optional.ofNullable(row.getString(2)),
                    Optional.ofNullable(row.getString(3)),
                    row.getInt(4));
        }
    }

    /** @param room for its message, taken before that is read */
    Optional<Job> find(String id, MemoryReservation room) {
        return RandomId.isValid(PREFIX, id)
                ? database.use(connection -> rows.find(connection, id, room))
                : Optional.empty();
    }

    Page<Job> list(Listing.Query query) {
        return database.use(
                connection -> LISTING.page(connection, application, query, row -> rows.item(connection, row)));
    }

    /** Revisions of those that are there. */
    Map<String, Long> revisions(Set<String> ids) {
        return database.use(connection -> {
            var revisions = new HashMap<String, Long>();
            Sql.<RuntimeException>each(
                    connection,
                    "select id, revision from claude_job where application = ? and id in ("
                            + Sql.placeholders(ids.size()) + ")",
                    row -> revisions.put(row.getString(1), row.getLong(2)),
                    Stream.concat(Stream.of(application.value()), ids.stream()).toArray());
            return revisions;
        });
    }

    /** Reads a job that is to be run; empty if it has ended, or was revived since. */
    Optional<DueJob> findDue(TaskKey key) {
        return database.use(connection -> Sql.one(
                connection,
                "select owner, headers, status, attempts from claude_job where id = ? and application = ? and round = ? and status in ('queued', 'running')",
                row -> new DueJob(
                        key,
                        row.getString(1),
                        StoredHeaders.parse(row.getString(2)),
                        row.getString(3).equals("running"),
                        row.getInt(4)),
                key.id(),
                application.value(),
                key.number()));
    }

    /**
     * What Claude is asked; empty where the job is gone. Apart from the rest, because it may have 32 MB and need not be
     * held for long.
     *
     * @param room for it, taken before it is read
     */
    Optional<byte[]> request(String id, MemoryReservation room) {
        return database.use(connection -> Sql.large(connection, "request", "claude_job where id = ?", room, id));
    }

    /**
     * Begins the next attempt, and writes down in which stream.
     *
     * @param token grows with each who may: an earlier one, who was taken for dead, begins nothing any more
     */
    Optional<AttemptId> begin(DueJob due, long token, String streamId) {
        return database.transaction(connection -> {
            int changed = Sql.update(
                    connection,
                    """
                update claude_job set restarts = restarts + case when status = 'running' then 1 else 0 end, status = 'running',
                       revision = revision + 1, attempts = attempts + 1, token = ?, stream_id = ?, started_at = ?, next_attempt_at = null
                where id = ? and round = ? and token < ? and status in ('queued', 'running')""",
                    token,
                    streamId,
                    now(),
                    due.key().id(),
                    due.key().number(),
                    token);
            return changed == 0
                    ? Optional.empty()
                    : Sql.one(
                            connection,
                            "select attempts from claude_job where id = ?",
                            row -> new AttemptId(due.key(), row.getInt(1), token),
                            due.key().id());
        });
    }

    /** Those of these attempts that nobody has called off or taken over. */
    Set<AttemptId> stillRunning(Set<AttemptId> attempts) {
        List<String> ids = attempts.stream().map(attempt -> attempt.key().id()).toList();
        Set<AttemptId> running = Set.copyOf(database.use(connection -> Sql.list(
                connection,
                "select id, round, attempts, token from claude_job where status = 'running' and id in ("
                        + Sql.placeholders(ids.size()) + ")",
                row -> new AttemptId(new TaskKey(row.getString(1), row.getInt(2)), row.getInt(3), row.getLong(4)),
                ids.toArray())));
        return attempts.stream().filter(running::contains).collect(Collectors.toSet());
    }

    /**
     * Ends a job with its message.
     *
     * @param isSimulated whether a simulator gave it
     */
    Optional<Job> succeed(AttemptId attempt, Message message, boolean isSimulated) {
        byte[] json = JsonText.bytes(message.json());
        byte[] unparsed = message.unparsedToolInputs().isEmpty()
                ? null
                : JsonText.bytes(UnparsedToolInput.array(message.unparsedToolInputs()));
        long bytes = json.length + (unparsed == null ? 0L : unparsed.length);
        return end(
                attempt,
                JobStatus.SUCCEEDED,
                isSimulated,
                bytes,
                ", message = ?, unparsed_tool_inputs = ?, error = null, bytes = bytes + ?",
                json,
                unparsed,
                bytes);
    }

    /**
     * Ends a job without a message.
     *
     * @param isSimulated whether a simulator gave the error
     */
    Optional<Job> end(AttemptId attempt, JobStatus status, String problem, boolean isSimulated) {
        return end(attempt, status, isSimulated, 0, ", error = ?", problem);
    }

    private Optional<Job> end(
            AttemptId attempt, JobStatus status, boolean isSimulated, long bytes, String set, Object... parameters) {
        return database.transaction(connection -> {
            var all = new ArrayList<Object>(List.of(status.toString(), now(), isSimulated));
            Collections.addAll(all, parameters);
            Collections.addAll(all, attempt.key().id(), attempt.key().number(), attempt.token());
            int changed = Sql.update(
                    connection,
                    "update claude_job set status = ?, revision = revision + 1, ended_at = ?, simulated = ?" + set
                            + " where id = ? and round = ? and token = ? and status = 'running'",
                    all.toArray());
            return changed == 0
                    ? Optional.empty()
                    : Optional.of(reportEnd(connection, attempt.key().id(), bytes));
        });
    }

    /** Why a job is put back. */
    enum Reason {

        /** The attempt failed. */
        FAILURE,
        /** Its server stopped. */
        RESTART,
        /** Nothing was asked, so it was no attempt. */
        NOT_ASKED
    }

    /** Queues a job for its next attempt. */
    Optional<Job> putBack(AttemptId attempt, Instant next, String problem, Reason reason) {
        return database.transaction(connection -> {
            Sql.update(
                    connection,
                    """
                update claude_job set status = 'queued', revision = revision + 1, next_attempt_at = ?, error = ?, restarts = restarts + ?,
                       attempts = attempts - ?
                where id = ? and round = ? and token = ? and status = 'running'""",
                    next,
                    problem,
                    reason == Reason.RESTART ? 1 : 0,
                    reason == Reason.NOT_ASKED ? 1 : 0,
                    attempt.key().id(),
                    attempt.key().number(),
                    attempt.token());
            // Or it was put back before, and the answer to that was lost: it must keep its task.
            return rows.find(connection, attempt.key().id())
                    .filter(job -> job.status() == JobStatus.QUEUED
                            && job.nextAttemptAt().filter(next::equals).isPresent());
        });
    }

    /** Ends a job whose last attempt was left behind, and that may have no more. */
    Optional<Job> giveUp(DueJob due, long token, String problem) {
        return database.transaction(connection -> {
            int changed = Sql.update(
                    connection,
                    """
                update claude_job set status = 'dead', revision = revision + 1, restarts = restarts + 1, token = ?, error = ?, ended_at = ?
                where id = ? and round = ? and attempts = ? and token < ? and status = 'running'""",
                    token,
                    problem,
                    now(),
                    due.key().id(),
                    due.key().number(),
                    due.attempts(),
                    token);
            return changed == 0
                    ? Optional.empty()
                    : Optional.of(reportEnd(connection, due.key().id(), 0));
        });
    }

    /**
     * Calls one off.
     *
     * @return empty where it is over
     */
    Optional<Job> cancel(String id) {
        return database.transaction(connection -> {
            int changed = Sql.update(connection, """
                update claude_job set status = 'canceled', revision = revision + 1, next_attempt_at = null, ended_at = ?
                where id = ? and application = ? and status in ('queued', 'running')""", now(), id, application.value());
            return changed == 0 ? Optional.empty() : Optional.of(reportEnd(connection, id, 0));
        });
    }

    /**
     * Stores the delivery that reports the end of a job, where it has a callback, and counts all bytes that its end has
     * added.
     *
     * @param added by the end itself
     */
    private Job reportEnd(Connection connection, String id, long added) throws SQLException {
        Job job = rows.find(connection, id).orElseThrow();
        for (JobStep step : ends) {
            step.run(connection, job);
        }
        if (job.callback().isEmpty()) {
            kept.add(connection, added);
            return job;
        }
        int bytes = webhooks.deliver(
                connection, id, "job." + job.status(), job.callback().get().url(), job.json());
        Sql.update(connection, "update claude_job set bytes = bytes + ? where id = ?", bytes, id);
        kept.add(connection, added + bytes);
        return rows.find(connection, id).orElseThrow();
    }

    /**
     * Has one run again from the start.
     *
     * @return empty where it is neither dead nor failed
     */
    Optional<Job> revive(String id, Task<?> run) {
        return database.transaction(connection -> {
            Instant now = now();
            int changed = Sql.update(connection, """
                update claude_job set status = 'queued', revision = revision + 1, round = round + 1, attempts = 0, restarts = 0, token = 0, error = null,
                       stream_id = null, started_at = null, next_attempt_at = null, ended_at = null, simulated = false
                where id = ? and application = ? and status in ('failed', 'dead')""", id, application.value());
            if (changed == 0) {
                return Optional.empty();
            }
            int round = Sql.one(connection, "select round from claude_job where id = ?", row -> row.getInt(1), id)
                    .orElseThrow();
            queue.schedule(connection, run, new TaskKey(id, round), now);
            return rows.find(connection, id);
        });
    }

    /** Schedules a task for each job that needs one and has none. */
    void runAll(Task<?> run) {
        database.transaction(connection -> {
            for (TaskKey key : queue.scheduleMissing(
                    connection,
                    run,
                    "j.id",
                    "j.round",
                    "from claude_job j where j.application = ? and j.status in ('queued', 'running')",
                    now())) {
                // A new task counts from one again.
                Sql.update(
                        connection,
                        "update claude_job set token = 0 where id = ? and round = ?",
                        key.id(),
                        key.number());
            }
            return null;
        });
    }

    /**
     * Forgets some of those that ended before then, with their deliveries, and leaves those of which somebody is still
     * to be told.
     *
     * @return how many; there may be more where it is not zero
     */
    int forgetEndedBefore(Instant moment) {
        return database.transaction(connection -> {
            Map<String, Long> ended = new HashMap<>();
            Sql.<RuntimeException>each(
                    connection,
                    "select id, bytes from claude_job j where application = ? and ended_at < ? and "
                            + Webhooks.hasNoPendingDelivery("j.id") + " and " + ListenerTasks.hasNoPendingCall("j.id")
                            + " order by application, ended_at limit "
                            + FORGOTTEN_AT_ONCE,
                    row -> ended.put(row.getString(1), row.getLong(2)),
                    application.value(),
                    moment);
            int forgotten = 0;
            long bytes = 0;
            for (Map.Entry<String, Long> job : ended.entrySet()) {
                // Not one that was revived a moment ago, nor another number of bytes than is counted.
                int deleted = Sql.update(
                        connection,
                        "delete from claude_job where id = ? and ended_at < ? and bytes = ?",
                        job.getKey(),
                        moment,
                        job.getValue());
                if (deleted > 0) {
                    webhooks.forget(connection, job.getKey());
                    ListenerTasks.forget(connection, job.getKey());
                    bytes += job.getValue();
                }
                forgotten += deleted;
            }
            kept.add(connection, -bytes);
            return forgotten;
        });
    }

    /** The bytes of all requests, messages and deliveries, by the counter. */
    long bytesKept() {
        return kept.measure(database);
    }

    /** Makes the counter what the rows add up to. */
    void correctBytesKept() {
        kept.correct(database);
    }
}
