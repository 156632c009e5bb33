package io.github.claudejakarta.batch;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.MessageBatch;
import io.github.claudejakarta.claude.MessageBatch.Counts;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.KeptHeaders;
import io.github.claudejakarta.durable.Problems;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.durable.Stillness;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.runtime.Ticker;
import io.github.claudejakarta.usage.UsageStore;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Parts in the database, and how they go from one state to the next. Each change that can be seen gives the batch as it
 * is then; none is given where the part is not in the state that the change begins at, because somebody else was there
 * first.
 */
final class PartStore {

    private static final byte[] BODY_BEGIN = "{\"requests\":[".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BODY_END = "]}".getBytes(StandardCharsets.US_ASCII);
    private static final String TAKES =
            ", message_batch_id = ?, message_batch = ?, problem = null, missing_since = null";
    private static final int PAGE_BYTES = 1 << 20;
    private static final long LARGEST_PAGE = 500;

    private final Database database;
    private final TaskQueue queue;
    private final BatchRows rows;
    private final Clock clock;
    private final Stillness missing;

    PartStore(Database database, TaskQueue queue, BatchRows rows, Clock clock, Ticker ticker) {
        this.database = database;
        this.queue = queue;
        this.rows = rows;
        this.clock = clock;
        this.missing = new Stillness(ticker);
    }

    /**
     * A part, and what its batch says of it.
     *
     * @param headers of the submission
     */
    record Found(
            PartKey key,
            BatchPart part,
            String batchId,
            String owner,
            KeptHeaders headers,
            boolean isCanceling,
            Optional<Instant> missingSince) {}

    Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    Optional<Found> find(PartKey key) {
        return database.use(connection -> {
            Optional<BatchPart> part = rows.part(connection, key.batch(), key.number());
            return part.isEmpty()
                    ? Optional.empty()
                    : Sql.one(
                            connection,
                            """
                select b.id, b.owner, b.headers, b.cancel_requested, p.missing_since
                from claude_batch b join claude_batch_part p on p.batch = b.ordinal where b.ordinal = ? and p.number = ?""",
                            row -> new Found(
                                    key,
                                    part.get(),
                                    row.getString("id"),
                                    row.getString("owner"),
                                    KeptHeaders.parse(row.getString("headers")),
                                    row.getBoolean("cancel_requested"),
                                    Sql.instant(row, "missing_since")),
                            key.batch(),
                            key.number());
        });
    }

    /**
     * Takes the right to send a waiting part, and writes down that it is being sent. Of parts of one size only one is
     * sent at a time: if the server dies, what Claude then has of that size can be no other.
     *
     * @param max parts that may be with Claude at a time
     * @return empty where that many are, or one of the same size is being sent
     */
    Optional<Batch> claim(PartKey key, int max) {
        return database.transaction(connection -> {
            Sql.lock(connection, "batch-sending");
            long running = Sql.one(
                            connection,
                            "select count(*) from claude_batch_part where state in ('sending', 'running')",
                            row -> row.getLong(1))
                    .orElse(0L);
            boolean isAlone = Sql.one(connection, """
                select count(*) from claude_batch_part s join claude_batch_part p on p.requests = s.requests
                where s.state = 'sending' and p.batch = ? and p.number = ?""", row -> row.getLong(1), key.batch(), key.number())
                            .orElse(0L)
                    == 0;
            return running >= max || !isAlone
                    ? Optional.empty()
                    : change(
                            connection,
                            key,
                            PartState.WAITING,
                            PartState.SENDING,
                            Optional.empty(),
                            ", sent_at = ?, problem = null, missing_since = null",
                            now());
        });
    }

    /** A message batch belongs to another part. The message names both. */
    static final class MessageBatchConflict extends RuntimeException {

        private static final long serialVersionUID = 1;

        private MessageBatchConflict(String message) {
            super(message, null, false, false);
        }
    }

    /** @throws MessageBatchConflict if another part has this message batch; then nothing changes */
    Optional<Batch> accepted(Found sending, MessageBatch batch) {
        return taking(
                sending,
                batch,
                connection -> change(
                        connection,
                        sending.key(),
                        sending.part().state(),
                        PartState.RUNNING,
                        sending.part().sentAt(),
                        TAKES,
                        batch.id(),
                        JsonText.text(batch.json())));
    }

    private Optional<Batch> taking(Found part, MessageBatch batch, Database.Work<Optional<Batch>> work) {
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
                        batch.id() + ", which belongs to " + holder(connection, part, batch.id()) + " already");
            }
        });
    }

    /** Batches of other callers are not named: nobody is to know of them. */
    private static String holder(Connection connection, Found part, String messageBatchId) throws SQLException {
        return Sql.one(
                        connection,
                        """
            select b.id, p.number from claude_batch_part p join claude_batch b on b.ordinal = p.batch where p.message_batch_id = ? and b.owner = ?""",
                        row -> "part " + row.getInt(2) + " of " + row.getString(1),
                        messageBatchId,
                        part.owner())
                .orElse("a part of another caller's batch");
    }

    /** Claude has not taken it, and may later. */
    Optional<Batch> putBack(Found sending, String problem) {
        return transition(sending, PartState.WAITING, ", problem = ?, missing_since = null", problem);
    }

    /** Parts that wait for a person, of all batches. The index on the state makes it cheap. */
    long unresolved() {
        return database.use(connection -> Sql.one(
                        connection,
                        "select count(*) from claude_batch_part where state = 'unresolved'",
                        row -> row.getLong(1)))
                .orElse(0L);
    }

    Optional<Batch> unresolved(Found found, String problem) {
        return transition(found, PartState.UNRESOLVED, ", problem = ?", problem);
    }

    /**
     * A person has said which of Claude's batches it is.
     *
     * @throws MessageBatchConflict if another part has this message batch; then nothing changes
     */
    Optional<Batch> resolved(Found unresolved, MessageBatch batch, Task<?> follow) {
        return taking(
                unresolved,
                batch,
                connection -> followed(
                        connection,
                        unresolved.key(),
                        follow,
                        PartState.RUNNING,
                        TAKES,
                        batch.id(),
                        JsonText.text(batch.json())));
    }

    /** A person has said that Claude does not have it. */
    Optional<Batch> sendAgain(PartKey key, Task<?> follow) {
        return database.transaction(connection -> followed(
                connection,
                key,
                follow,
                PartState.WAITING,
                ", problem = null, missing_since = null, message_batch_id = null, message_batch = null"));
    }

    private Optional<Batch> followed(
            Connection connection, PartKey key, Task<?> follow, PartState to, String set, Object... parameters)
            throws SQLException {
        Optional<Batch> batch = change(connection, key, PartState.UNRESOLVED, to, Optional.empty(), set, parameters);
        if (batch.isPresent()) {
            // what results that were not this part's have left
            Sql.update(
                    connection,
                    "update claude_batch_request set outcome = null, error_type = null where batch = ? and part = ?",
                    key.batch(),
                    key.number());
            queue.schedule(connection, follow, key.task(), now());
        }
        return batch;
    }

    /** Sees to it that every part that needs a task has one. */
    void followAll(Task<?> follow) {
        database.transaction(connection -> {
            for (PartKey key : Sql.list(
                    connection,
                    "select batch, number from claude_batch_part where state in ('waiting', 'sending', 'running')",
                    row -> new PartKey(row.getLong(1), row.getInt(2)))) {
                queue.schedule(connection, follow, key.task(), now());
            }
            return null;
        });
    }

    /** How Claude describes it now; empty where that is nothing new. */
    Optional<Batch> described(Found found, MessageBatch before, MessageBatch now) {
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

    /** What went wrong, where the state stays as it is; empty where it is known. */
    Optional<Batch> troubled(Found found, String problem) {
        return found.part().problem().filter(problem::equals).isPresent()
                ? Optional.empty()
                : transition(found, found.part().state(), ", problem = ?", problem);
    }

    /**
     * That nobody can say whether Claude has a part, or its results.
     *
     * @param since by the wall clock
     * @param time that this server has known it, by its ticker: zero at first, also after a restart
     */
    record Missing(Instant since, Duration time) {}

    /** Since now, if not before, nobody can say whether Claude has it, or its results. */
    Missing missing(PartKey key) {
        Instant now = now();
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
     * Claude will not have it. What was sent for the first time counts as errored; what was sent again keeps the
     * outcome it had.
     */
    Optional<Batch> refused(Found sending, String problem) {
        return database.transaction(
                connection -> over(connection, sending, PartState.FAILED, "refused", Problems.type(problem), problem));
    }

    /** Called off before it was sent. */
    Optional<Batch> canceled(Found waiting) {
        return database.transaction(
                connection -> over(connection, waiting, PartState.CANCELED, "canceled", null, null));
    }

    private Optional<Batch> over(
            Connection connection, Found found, PartState to, String outcome, String errorType, String problem)
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
        return change(
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

    private Optional<Batch> transition(Found found, PartState to, String set, Object... parameters) {
        return database.transaction(connection -> change(
                connection, found.key(), found.part().state(), to, found.part().sentAt(), set, parameters));
    }

    private Optional<Batch> change(
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
     * Changes the part alone.
     *
     * @param sending the very sending that this is about: a server that was taken for dead may come back to a part that
     *     was sent again
     */
    private static boolean move(
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

    /** Of these ids of Claude's, those that belong to parts of ours. */
    Set<String> ours(List<String> messageBatchIds) {
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
     * Whether another part of the same size may have been sent in the same time, so that nobody can tell them apart.
     */
    boolean hasRival(Found found, Duration around) {
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

    /**
     * Writes the body that creates the part. Page by page, and a large request piece by piece, so that neither memory
     * nor a transaction has to hold it.
     */
    void writeBody(Found found, OutputStream out) throws IOException {
        out.write(BODY_BEGIN);
        boolean isFirst = true;
        for (List<Positioned> requests = page(found, -1);
                !requests.isEmpty();
                requests = page(found, requests.get(requests.size() - 1).position())) {
            for (Positioned request : requests) {
                if (!isFirst) {
                    out.write(',');
                }
                isFirst = false;
                if (request.json() == null) {
                    writeLarge(found.key().batch(), request, out);
                } else {
                    out.write(request.json());
                }
            }
        }
        out.write(BODY_END);
    }

    /** @param json null of one that is larger than a page */
    private record Positioned(long position, long length, byte[] json) {}

    private void writeLarge(long batch, Positioned request, OutputStream out) throws IOException {
        for (int at = 0; at < request.length(); at += PAGE_BYTES) {
            int from = at;
            out.write(database.use(connection -> Sql.piece(
                            connection,
                            "body",
                            "claude_batch_request where batch = ? and position = ?",
                            from,
                            PAGE_BYTES,
                            batch,
                            request.position()))
                    .orElseThrow(() -> new IOException("The batch was deleted while it was sent")));
        }
    }

    /** The next requests, as many as fit into a page by their own sizes, and at least one. */
    private List<Positioned> page(Found found, long after) {
        // In round 0 by position alone: nothing has been sent again yet, so the part's range is the part. Ordered by
        // the primary key in full,
        // without which H2 would sort all of the part for each page.
        boolean isFirstRound = found.part().round() == 0;
        String from = isFirstRound
                ? " from claude_batch_request r where r.batch = ? and r.position > ? and r.position <= ?"
                : " from claude_batch_resent s join claude_batch_request r on r.batch = s.batch and r.position = s.position"
                        + " where s.batch = ? and s.position > ? and s.part = ?";
        String order = isFirstRound ? " order by r.batch, r.position" : " order by s.batch, s.part, s.position";
        long bound = isFirstRound ? found.part().last() : found.key().number();
        long begin = isFirstRound ? Math.max(found.part().first() - 1, after) : after;
        return database.use(connection -> {
            var sizes = new ArrayList<Positioned>();
            var bytes = new long[1];
            Sql.<RuntimeException>each(
                    connection,
                    "select r.position, octet_length(r.body)" + from + order + " limit " + LARGEST_PAGE,
                    row -> {
                        bytes[0] += row.getLong(2);
                        if (sizes.isEmpty() || bytes[0] <= PAGE_BYTES) {
                            sizes.add(new Positioned(row.getLong(1), row.getLong(2), null));
                        }
                    },
                    found.key().batch(),
                    begin,
                    bound);
            if (sizes.isEmpty() || sizes.get(0).length() > PAGE_BYTES) {
                return sizes;
            }
            return Sql.list(
                    connection,
                    "select r.position, octet_length(r.body), r.body" + from + " and r.position <= ?" + order,
                    row -> new Positioned(row.getLong(1), row.getLong(2), row.getBytes(3)),
                    found.key().batch(),
                    begin,
                    bound,
                    sizes.get(sizes.size() - 1).position());
        });
    }

    /** What a part's requests came to that did not succeed. */
    record Outcome(String customId, String type, String errorType) {}

    /** @return whether all of them are requests of this part */
    boolean note(PartKey key, List<Outcome> outcomes) {
        return database.transaction(connection -> {
            try (PreparedStatement update = connection.prepareStatement(
                    "update claude_batch_request set outcome = ?, error_type = ? where batch = ? and custom_id = ? and part = ?")) {
                for (Outcome outcome : outcomes) {
                    Sql.set(update, outcome.type(), outcome.errorType(), key.batch(), outcome.customId(), key.number());
                    update.addBatch();
                }
                for (int changed : update.executeBatch()) {
                    if (changed == 0) {
                        return false;
                    }
                }
                return true;
            }
        });
    }

    /** @return whether all of them are requests of this part */
    boolean has(PartKey key, Set<String> customIds) {
        var parameters = new ArrayList<Object>(List.of(key.batch(), key.number()));
        parameters.addAll(customIds);
        return customIds.isEmpty()
                || database.use(connection -> Sql.one(
                                        connection,
                                        "select count(*) from claude_batch_request where batch = ? and part = ? and custom_id in ("
                                                + Sql.placeholders(customIds.size()) + ")",
                                        row -> row.getLong(1),
                                        parameters.toArray())
                                .orElse(0L))
                        == customIds.size();
    }

    /** Requests that succeeded and what they used, of one model. */
    record ModelTally(long requests, Tokens tokens) {}

    /**
     * The results have been read: the part has ended.
     *
     * @param again how parts are cut for expired requests that are to be sent again at once; empty where none are
     */
    Optional<Batch> tallied(
            Found found, Counts counts, Map<String, ModelTally> models, Optional<Resubmission> again, Task<?> follow) {
        PartKey key = found.key();
        return database.transaction(connection -> {
            BatchRows.lock(connection, key.batch());
            if (rows.part(connection, key.batch(), key.number())
                    .filter(part -> part.state() == PartState.RUNNING)
                    .isEmpty()) {
                return Optional.<Batch>empty();
            }
            for (Map.Entry<String, ModelTally> model : models.entrySet()) {
                Tokens tokens = model.getValue().tokens();
                Sql.update(
                        connection,
                        "insert into claude_batch_usage values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        key.batch(),
                        key.number(),
                        model.getKey(),
                        model.getValue().requests(),
                        tokens.input(),
                        tokens.output(),
                        tokens.cacheWrite(),
                        tokens.cacheWrite1h(),
                        tokens.cacheRead());
            }
            addToUsage(connection, key, models);
            if (found.part().round() > 0) {
                Sql.update(
                        connection,
                        "update claude_batch_request set settled_part = part where batch = ? and part = ?",
                        key.batch(),
                        key.number());
            }
            if (!move(
                    connection,
                    key,
                    PartState.RUNNING,
                    PartState.ENDED,
                    found.part().sentAt(),
                    ", problem = null, processing = 0, succeeded = ?, errored = ?, canceled = ?, expired = ?",
                    counts.succeeded(),
                    counts.errored(),
                    counts.canceled(),
                    counts.expired())) {
                return Optional.<Batch>empty();
            }
            // Before the batch is looked at: one that goes on by itself has not ended, and nobody is to be told so.
            Optional<Batch> goingOn =
                    again.isPresent() && isOver(connection, key.batch()) && !isCanceling(connection, key.batch())
                            ? resubmit(connection, key.batch(), again.get(), follow)
                            : Optional.empty();
            return goingOn.isPresent() ? goingOn : Optional.of(rows.refresh(connection, key.batch(), now()));
        });
    }

    private void addToUsage(Connection connection, PartKey key, Map<String, ModelTally> models) throws SQLException {
        String owner = Sql.one(
                        connection,
                        "select owner from claude_batch where ordinal = ?",
                        row -> row.getString(1),
                        key.batch())
                .orElseThrow();
        var today = LocalDate.ofInstant(now(), ZoneOffset.UTC);
        // In order, so that two servers that add to the same rows do not wait for each other.
        for (Map.Entry<String, ModelTally> model : new TreeMap<>(models).entrySet()) {
            UsageStore.addBatch(
                    connection,
                    today,
                    owner,
                    model.getKey(),
                    model.getValue().requests(),
                    model.getValue().tokens());
        }
    }

    private boolean isOver(Connection connection, long batch) throws SQLException {
        return rows.parts(connection, batch).stream()
                .allMatch(part -> part.state().isOver());
    }

    private static boolean isCanceling(Connection connection, long batch) throws SQLException {
        return Sql.one(
                        connection,
                        "select cancel_requested from claude_batch where ordinal = ?",
                        row -> row.getBoolean(1),
                        batch)
                .orElse(false);
    }

    /**
     * Sends requests again.
     *
     * @return empty where there are none to which that applies
     * @throws ClaudeException {@code conflict_error} while the batch runs
     */
    Optional<Batch> resubmit(long batch, Resubmission resubmission, Task<?> follow) {
        return database.transaction(connection -> {
            BatchRows.lock(connection, batch);
            if (!rows.find(connection, batch).orElseThrow().status().isOver()) {
                throw ClaudeException.of(ErrorType.CONFLICT, "The batch is still running");
            }
            Sql.update(connection, "update claude_batch set cancel_requested = false where ordinal = ?", batch);
            return resubmit(connection, batch, resubmission, follow);
        });
    }

    private Optional<Batch> resubmit(Connection connection, long batch, Resubmission resubmission, Task<?> follow)
            throws SQLException {
        List<Integer> parts = resubmission.perform(connection, batch, rows.parts(connection, batch));
        if (parts.isEmpty()) {
            return Optional.empty();
        }
        for (int number : parts) {
            queue.schedule(connection, follow, new PartKey(batch, number).task(), now());
        }
        return Optional.of(rows.refresh(connection, batch, now()));
    }

    /**
     * Of a part's requests, those whose latest outcome is another part's.
     *
     * @param later parts that have ended, as far as they count
     */
    IdSet superseded(long batch, BatchPart part, List<Integer> later) {
        var ids = new IdSet();
        if (later.isEmpty()) {
            return ids;
        }
        String own = part.round() == 0 ? "s.position between ? and ?" : """
            exists (select 1 from claude_batch_resent own where own.batch = s.batch and own.part = ? and own.position = s.position)""";
        var parameters = new ArrayList<Object>(List.of(batch));
        parameters.addAll(part.round() == 0 ? List.of(part.first(), part.last()) : List.of(part.number()));
        parameters.addAll(later);
        return database.transaction(connection -> {
            Sql.<RuntimeException>each(
                    connection,
                    """
                select r.custom_id from claude_batch_resent s join claude_batch_request r on r.batch = s.batch and r.position = s.position
                where s.batch = ? and\s""" + own + " and s.part in (" + Sql.placeholders(later.size()) + ")",
                    row -> ids.add(row.getString(1)),
                    parameters.toArray());
            return ids;
        });
    }

    /**
     * Some of the requests, after this position, whose latest outcome is that this part never came to Claude.
     *
     * @param later parts that have ended, as far as they count
     */
    List<Unsent> unsent(long batch, BatchPart part, List<Integer> later, long after, int size) {
        var parameters = new ArrayList<Object>(List.of(batch, after, part.last()));
        parameters.addAll(later);
        parameters.add(size);
        String notLater = later.isEmpty() ? "" : """
            \sand not exists (select 1 from claude_batch_resent s
                             where s.batch = r.batch and s.position = r.position and s.part in (%s))""".formatted(Sql.placeholders(later.size()));
        return database.use(connection -> Sql.list(
                connection,
                "select position, custom_id from claude_batch_request r"
                        + " where batch = ? and position > ? and position <= ?" + notLater
                        + " order by batch, position limit ?",
                row -> new Unsent(row.getLong(1), row.getString(2)),
                parameters.toArray()));
    }

    record Unsent(long position, String customId) {}
}
