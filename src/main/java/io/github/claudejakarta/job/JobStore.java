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
 * Stores jobs in the database and changes their status. Each change is conditional: it has no effect if the job has
 * changed since it was read. The method then returns an empty result.
 */
final class JobStore {

    private static final String PREFIX = "job_";
    private static final Listing LISTING = new Listing("claude_job", JobRows.ITEM, "1 = 1");
    private static final int DELETED_PER_TRANSACTION = 500;

    private final Database database;
    private final TaskQueue queue;
    private final Webhooks webhooks;
    private final JobRows rows;
    private final Clock clock;
    private final List<JobStep> ends;
    private final ApplicationName application;
    private final StoredBytes storedBytes;

    JobStore(Database database, TaskQueue queue, Webhooks webhooks, Clock clock) {
        this(database, queue, webhooks, clock, List.of());
    }

    /** @param ends steps that run in each transaction that ends a job; the list may grow */
    JobStore(Database database, TaskQueue queue, Webhooks webhooks, Clock clock, List<JobStep> ends) {
        this.database = database;
        this.queue = queue;
        this.webhooks = webhooks;
        this.clock = clock;
        this.ends = ends;
        this.application = database.application();
        this.rows = new JobRows(webhooks, application);
        this.storedBytes =
                new StoredBytes(application, "job", "select sum(bytes) from claude_job where application = ?");
    }

    Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    /**
     * Stores a job and schedules it, in the caller's transaction if it has one.
     *
     * @param key {@code Idempotency-Key}, or null
     * @param headers for Claude, and options
     * @param step runs in the same transaction
     * @param stored runs after the commit
     * @throws DuplicateKey if the owner has a job with this key
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
                    storedBytes.add(connection, submission.request().length);
                    queue.schedule(connection, run, new TaskKey(id, 0), now);
                    Job job = rows.find(connection, id).orElseThrow();
                    step.run(connection, job);
                    return job;
                },
                stored);
    }

    /** The owner already has a job with this {@code Idempotency-Key}. */
    static final class DuplicateKey extends RuntimeException {

        private static final long serialVersionUID = 1;

        DuplicateKey() {
            super(null, null, false, false);
        }
    }

    /**
     * An earlier job with the same {@code Idempotency-Key}.
     *
     * @param isSame whether it was submitted with the same request, URL and metadata
     */
    record Earlier(Job job, boolean isSame) {}

    /**
     * Returns the job with this key. Compares the requests only if their lengths are equal: the caller has reserved
     * memory for that length, and requests of different lengths differ.
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

    /** @param length of the request in bytes */
    private record Stored(String id, Optional<String> callbackUrl, Optional<String> metadata, int length) {

        static Stored of(ResultSet row) throws SQLException {
            return new Stored(
                    row.getString(1),
                    Optional.ofNullable(row.getString(2)),
                    Optional.ofNullable(row.getString(3)),
                    row.getInt(4));
        }
    }

    /**
     * Returns a job with its message.
     *
     * @param reservation reserves memory for the message before it is read
     */
    Optional<Job> find(String id, MemoryReservation reservation) {
        return RandomId.isValid(PREFIX, id)
                ? database.use(connection -> rows.find(connection, id, reservation))
                : Optional.empty();
    }

    Page<Job> list(Listing.Query query) {
        return database.use(
                connection -> LISTING.page(connection, application, query, row -> rows.item(connection, row)));
    }

    /** Returns the revisions of the jobs that exist, by id. */
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

    /** Returns a job that is due to run. Empty if it has ended, or was retried since and has a new task. */
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
     * Returns the request of a job; empty if the job was deleted. Separate from the other columns, because a request
     * may have 32 MB and is not needed for long.
     *
     * @param reservation reserves memory for the request before it is read
     */
    Optional<byte[]> request(String id, MemoryReservation reservation) {
        return database.use(connection -> Sql.large(connection, "request", "claude_job where id = ?", reservation, id));
    }

    /**
     * Begins the next attempt and stores its stream.
     *
     * @param token of this run. A server with an earlier token was declared dead and cannot begin an attempt
     * @return empty if the job has ended or has a newer token
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

    /** Returns the attempts that were neither canceled nor taken over. */
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
     * @param isSimulated whether the message is from a simulator
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
     * @param isSimulated whether the error is from a simulator
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

    /** The reason why a job is queued again. */
    enum Reason {

        /** The attempt failed. */
        FAILURE,
        /** Its server stopped. */
        RESTART,
        /** No request was sent to Claude, so the attempt does not count. */
        NOT_SENT
    }

    /** Queues a job for its next attempt. */
    Optional<Job> requeue(AttemptId attempt, Instant next, String problem, Reason reason) {
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
                    reason == Reason.NOT_SENT ? 1 : 0,
                    attempt.key().id(),
                    attempt.key().number(),
                    attempt.token());
            // The job may have been queued before, by a call whose result was lost: it must keep its task.
            return rows.find(connection, attempt.key().id())
                    .filter(job -> job.status() == JobStatus.QUEUED
                            && job.nextAttemptAt().filter(next::equals).isPresent());
        });
    }

    /** Ends a job whose last attempt was abandoned, because it has no attempts left. */
    Optional<Job> endAbandoned(DueJob due, long token, String problem) {
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
     * Cancels a job.
     *
     * @return empty if the job has ended or does not exist
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
     * Runs the steps of the end, stores the delivery of the callback if the job has one, and counts all bytes that the
     * end has added.
     *
     * @param added bytes added by the end itself
     */
    private Job reportEnd(Connection connection, String id, long added) throws SQLException {
        Job job = rows.find(connection, id).orElseThrow();
        for (JobStep step : ends) {
            step.run(connection, job);
        }
        if (job.callback().isEmpty()) {
            storedBytes.add(connection, added);
            return job;
        }
        int bytes = webhooks.deliver(
                connection, id, "job." + job.status(), job.callback().get().url(), job.json());
        Sql.update(connection, "update claude_job set bytes = bytes + ? where id = ?", bytes, id);
        storedBytes.add(connection, added + bytes);
        return rows.find(connection, id).orElseThrow();
    }

    /**
     * Queues a job again, with its attempts from the beginning.
     *
     * @return empty if the job is neither dead nor failed
     */
    Optional<Job> retry(String id, Task<?> run) {
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
                // The tokens of a new task start at one again.
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
     * Deletes some of the jobs that ended before a moment, with their deliveries. Does not delete a job whose callback
     * or listener calls are still pending.
     *
     * @return number of deleted jobs; if it is not zero, there may be more to delete
     */
    int deleteEndedBefore(Instant moment) {
        return database.transaction(connection -> {
            Map<String, Long> ended = new HashMap<>();
            Sql.<RuntimeException>each(
                    connection,
                    "select id, bytes from claude_job j where application = ? and ended_at < ? and "
                            + Webhooks.hasNoPendingDelivery("j.id") + " and " + ListenerTasks.hasNoPendingCall("j.id")
                            + " order by application, ended_at limit "
                            + DELETED_PER_TRANSACTION,
                    row -> ended.put(row.getString(1), row.getLong(2)),
                    application.value(),
                    moment);
            int deletedJobs = 0;
            long bytes = 0;
            for (Map.Entry<String, Long> job : ended.entrySet()) {
                // Not if the job was retried meanwhile, or has another number of bytes than is counted.
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
                deletedJobs += deleted;
            }
            storedBytes.add(connection, -bytes);
            return deletedJobs;
        });
    }

    /** Returns the bytes of all requests, messages and deliveries, by the counter. */
    long storedBytes() {
        return storedBytes.measure(database);
    }

    /** Corrects the counter to the sum of the rows. */
    void correctStoredBytes() {
        storedBytes.correct(database);
    }
}
