package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.durable.StorageEstimate;
import io.github.claudejakarta.durable.StoredBytes;
import io.github.claudejakarta.job.Job;
import io.github.claudejakarta.job.JobStatus;
import io.github.claudejakarta.job.JobStep;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.logging.Logger;

/**
 * Stores conversations in the database. All servers of an application share them.
 *
 * <p>Safe for use by many threads.
 */
final class DatabaseStore implements ConversationStore {

    private static final Logger LOG = Logger.getLogger(DatabaseStore.class.getName());
    private static final int DELETED_PER_TRANSACTION = 500;
    private static final String COLUMNS =
            "id, owner, request, forked_from, forked_at, messages, bytes, question_token, asked_at, asked_until, stream_id, job_id,"
                    + " created_at, used_at";
    private static final String NO_QUESTION =
            "question_token = null, question = null, asked_at = null, asked_until = null, stream_id = null, job_id = null";

    private final Database database;
    private final String application;
    private final StoredBytes storedBytes;
    private final long maxBytes;
    private final Clock clock;
    private final StorageEstimate estimate = new StorageEstimate(this::measureBytes);

    /** @param maxBytes limit for all conversations together */
    DatabaseStore(Database database, long maxBytes, Clock clock) {
        this.database = database;
        this.application = database.application().value();
        this.storedBytes = new StoredBytes(
                database.application(),
                "conversation",
                "select sum(bytes) from claude_conversation where application = ?");
        this.maxBytes = maxBytes;
        this.clock = clock;
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private long measureBytes() {
        return storedBytes.measure(database);
    }

    /**
     * Reads in the caller's transaction if it has one, and on its connection: a second connection could not take part
     * in the transaction. Only the submission of a job has one.
     */
    private <T> T read(Database.Work<T> work) {
        return database.join(work, () -> {});
    }

    @Override
    public boolean reserve(long bytes) {
        return estimate.add(bytes, maxBytes);
    }

    @Override
    public void measure() {
        if (database.isOpen()) {
            estimate.measure();
        }
    }

    @Override
    public void correct() {
        storedBytes.correct(database);
    }

    @Override
    public void add(Draft draft) {
        database.transaction(connection -> {
            insert(connection, draft, Optional.empty());
            long ordinal = locked(connection, draft.id()).orElseThrow().ordinal();
            for (Row row : draft.rows()) {
                insert(connection, ordinal, row);
            }
            storedBytes.add(connection, draft.bytes());
            return null;
        });
    }

    private void insert(Connection connection, Draft draft, Optional<ForkPoint> forkedFrom) throws SQLException {
        Sql.update(
                connection,
                """
            insert into claude_conversation (id, application, owner, request, forked_from, forked_at, messages, bytes, created_at, used_at)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                draft.id(),
                application,
                draft.owner(),
                draft.request(),
                forkedFrom.map(ForkPoint::conversationId).orElse(null),
                forkedFrom.flatMap(ForkPoint::messageId).orElse(null),
                draft.rows().size(),
                draft.bytes(),
                draft.now(),
                draft.now());
    }

    private static void insert(Connection connection, long conversation, Row row) throws SQLException {
        Sql.update(
                connection,
                """
            insert into claude_conversation_message (conversation, number, id, role, content, envelope, created_at)
            values (?, ?, ?, ?, ?, ?, ?)""",
                conversation,
                row.number(),
                row.id(),
                row.role(),
                row.content(),
                row.envelope(),
                row.createdAt());
    }

    /** A conversation whose row is locked until the transaction ends. */
    private record Locked(
            long ordinal,
            int messages,
            long bytes,
            String token,
            long questionBytes,
            Instant askedUntil,
            Instant usedAt) {

        boolean isOpen(Instant now) {
            return token != null && (askedUntil == null || askedUntil.isAfter(now));
        }
    }

    private Optional<Locked> locked(Connection connection, String id) throws SQLException {
        return Sql.one(
                connection,
                """
            select ordinal, messages, bytes, question_token, coalesce(octet_length(question), 0) as question_bytes, asked_until, used_at
            from claude_conversation where id = ? and application = ? for update""",
                row -> new Locked(
                        row.getLong("ordinal"),
                        row.getInt("messages"),
                        row.getLong("bytes"),
                        row.getString("question_token"),
                        row.getLong("question_bytes"),
                        Sql.instant(row, "asked_until").orElse(null),
                        Sql.instant(row, "used_at").orElseThrow()),
                id,
                application);
    }

    @Override
    public Optional<Conversation> find(String id) {
        return read(connection -> Sql.one(
                connection,
                "select " + COLUMNS + " from claude_conversation where id = ? and application = ?",
                this::conversation,
                id,
                application));
    }

    @Override
    public List<Conversation> list(Optional<String> owner, int limit) {
        var parameters = new ArrayList<Object>(List.of(application));
        owner.ifPresent(parameters::add);
        return database.use(connection -> Sql.list(
                connection,
                "select " + COLUMNS + " from claude_conversation where application = ?"
                        + (owner.isPresent() ? " and owner = ?" : "") + " order by application desc, "
                        + (owner.isPresent() ? "owner desc, " : "") + "ordinal desc limit " + limit,
                this::conversation,
                parameters.toArray()));
    }

    private Conversation conversation(ResultSet row) throws SQLException {
        Optional<Instant> until = Sql.instant(row, "asked_until");
        boolean isOpen = row.getString("question_token") != null
                && until.filter(end -> !end.isAfter(now())).isEmpty();
        return new Conversation(
                row.getString("id"),
                row.getString("owner"),
                JsonText.value(new String(row.getBytes("request"), StandardCharsets.UTF_8))
                        .asJsonObject(),
                forkPoint(row.getString("forked_from"), row.getString("forked_at")),
                isOpen
                        ? Optional.of(new OpenQuestion(
                                Sql.instant(row, "asked_at").orElseThrow(),
                                Optional.ofNullable(row.getString("stream_id")),
                                Optional.ofNullable(row.getString("job_id"))))
                        : Optional.empty(),
                row.getInt("messages"),
                row.getLong("bytes"),
                Sql.instant(row, "created_at").orElseThrow(),
                Sql.instant(row, "used_at").orElseThrow(),
                List.of());
    }

    private static Optional<ForkPoint> forkPoint(String conversation, String message) {
        return Optional.ofNullable(conversation).map(id -> new ForkPoint(id, Optional.ofNullable(message)));
    }

    private static Row message(ResultSet row) throws SQLException {
        return new Row(
                row.getString("id"),
                row.getInt("number"),
                row.getString("role"),
                row.getBytes("content"),
                row.getBytes("envelope"),
                Sql.instant(row, "created_at").orElseThrow());
    }

    @Override
    public void each(String id, int from, int to, Consumer<Row> consumer) {
        read(connection -> {
            Sql.<RuntimeException>each(
                    connection, """
                select m.id, m.number, m.role, m.content, m.envelope, m.created_at
                from claude_conversation_message m join claude_conversation c on m.conversation = c.ordinal
                where c.id = ? and c.application = ? and m.number between ? and ? order by m.number""", row -> consumer.accept(message(row)), id, application, from, to);
            return null;
        });
    }

    @Override
    public Size size(String id, int to) {
        return read(connection ->
                        Sql.one(connection, """
                select coalesce(sum(octet_length(m.content)), 0), coalesce(sum(octet_length(m.role)), 0)
                from claude_conversation_message m join claude_conversation c on m.conversation = c.ordinal
                where c.id = ? and c.application = ? and m.number <= ?""", row -> new Size(row.getLong(1), row.getLong(2)), id, application, to))
                .orElseThrow();
    }

    @Override
    public boolean open(String id, NewQuestion question, Instant until) {
        return database.transaction(connection -> open(connection, id, question, until, null));
    }

    private boolean open(Connection connection, String id, NewQuestion question, Instant until, String jobId)
            throws SQLException {
        Instant now = now();
        Optional<Locked> found = locked(connection, id)
                .filter(locked -> locked.messages() == question.messages() && !locked.isOpen(now));
        if (found.isEmpty()) {
            return false;
        }
        // Replaces the question of a server that died, or of a job that failed.
        long added = question.bytes() - found.get().questionBytes();
        Sql.update(
                connection,
                """
            update claude_conversation set question_token = ?, question = ?, asked_at = ?, asked_until = ?, stream_id = null, job_id = ?,
                   bytes = bytes + ?, used_at = ?
            where ordinal = ?""",
                question.token(),
                question.content(),
                now,
                until,
                jobId,
                added,
                now,
                found.get().ordinal());
        storedBytes.add(connection, added);
        return true;
    }

    @Override
    public JobStep openForJob(String id, NewQuestion question) {
        return (transaction, job) -> {
            if (!open(transaction, id, question, null, job.id())) {
                throw ConversationManagerBean.isBusy(id);
            }
        };
    }

    @Override
    public void watch(String id, String token, String streamId) {
        database.use(connection -> Sql.update(
                connection,
                "update claude_conversation set stream_id = ? where id = ? and application = ? and question_token = ?",
                streamId,
                id,
                application,
                token));
    }

    @Override
    public void renew(Map<String, String> tokensById, Instant until) {
        database.use(connection -> {
            for (Map.Entry<String, String> question : tokensById.entrySet()) {
                Sql.update(
                        connection,
                        "update claude_conversation set asked_until = ? where id = ? and application = ? and question_token = ?",
                        until,
                        question.getKey(),
                        application,
                        question.getValue());
            }
            return null;
        });
    }

    @Override
    public boolean append(String id, String token, Row.Answer answer) {
        return database.transaction(connection -> {
            Optional<Locked> found = locked(connection, id).filter(locked -> token.equals(locked.token()));
            if (found.isEmpty()) {
                return has(connection, id, answer.id());
            }
            append(connection, found.get(), answer);
            return true;
        });
    }

    /** Returns whether a message exists: an earlier commit may have succeeded although its result was lost. */
    private boolean has(Connection connection, String id, String messageId) throws SQLException {
        return Sql.one(connection, """
                select m.number from claude_conversation_message m join claude_conversation c on m.conversation = c.ordinal
                where c.id = ? and c.application = ? and m.id = ?""", row -> row.getInt(1), id, application, messageId)
                .isPresent();
    }

    private void append(Connection connection, Locked conversation, Row.Answer answer) throws SQLException {
        Instant now = now();
        int messages = conversation.messages();
        Optional<byte[]> question = Sql.one(
                connection,
                "select question from claude_conversation where ordinal = ?",
                row -> row.getBytes(1),
                conversation.ordinal());
        if (question.isPresent()) {
            insert(connection, conversation.ordinal(), Row.question(++messages, question.get(), now));
        }
        insert(connection, conversation.ordinal(), Row.answer(++messages, answer, now));
        Sql.update(
                connection,
                "update claude_conversation set messages = ?, bytes = bytes + ?, used_at = ?, " + NO_QUESTION
                        + " where ordinal = ?",
                messages,
                answer.bytes(),
                now,
                conversation.ordinal());
        storedBytes.add(connection, answer.bytes());
    }

    @Override
    public void close(String id, String token) {
        database.transaction(connection -> {
            Optional<Locked> found = locked(connection, id).filter(locked -> token.equals(locked.token()));
            if (found.isPresent()) {
                close(connection, found.get());
            }
            return null;
        });
    }

    private void close(Connection connection, Locked conversation) throws SQLException {
        Sql.update(
                connection,
                "update claude_conversation set bytes = bytes - ?, " + NO_QUESTION + " where ordinal = ?",
                conversation.questionBytes(),
                conversation.ordinal());
        storedBytes.add(connection, -conversation.questionBytes());
    }

    /**
     * Ends the question of a job in the transaction that ends the job. If the job can be retried its question stays,
     * and the next question replaces it. An answer to the retried job is then added only if no other question was
     * asked.
     */
    void endJob(Connection transaction, Job job) throws SQLException {
        Optional<String> id = Sql.one(
                transaction,
                "select id from claude_conversation where job_id = ? and application = ?",
                row -> row.getString(1),
                job.id(),
                application);
        Optional<Locked> found = id.isEmpty() ? Optional.empty() : locked(transaction, id.get());
        if (found.isEmpty() || !job.id().equals(jobOf(transaction, found.get()))) {
            return;
        }
        Optional<Message> answer = job.message().filter(Conversation::isStorable);
        if (answer.isPresent()) {
            append(transaction, found.get(), Row.Answer.of(answer.get(), job.isSimulated()));
        } else if (job.status() == JobStatus.FAILED || job.status() == JobStatus.DEAD) {
            Sql.update(
                    transaction,
                    "update claude_conversation set asked_until = ? where ordinal = ?",
                    now(),
                    found.get().ordinal());
        } else {
            LOG.info(() -> id.get() + " does not store the outcome of " + job.id());
            close(transaction, found.get());
        }
    }

    /** Reads the job again, because the row is locked only now. */
    private static String jobOf(Connection transaction, Locked conversation) throws SQLException {
        return Sql.one(
                        transaction,
                        "select job_id from claude_conversation where ordinal = ?",
                        row -> row.getString(1),
                        conversation.ordinal())
                .orElse("");
    }

    @Override
    public boolean fork(String id, Optional<String> messageId, String forkId) {
        return database.transaction(connection -> {
            Optional<Locked> source = locked(connection, id);
            if (source.isEmpty()) {
                return false;
            }
            Optional<Integer> count = messageId.isEmpty()
                    ? Optional.of(source.get().messages())
                    : Sql.one(
                            connection,
                            "select number from claude_conversation_message where conversation = ? and id = ?",
                            row -> row.getInt(1),
                            source.get().ordinal(),
                            messageId.get());
            if (count.isEmpty()) {
                return false;
            }
            copy(connection, source.get().ordinal(), count.get(), forkId);
            return true;
        });
    }

    /** Copies within the database, so that no message is read into memory. */
    private void copy(Connection connection, long source, int count, String forkId) throws SQLException {
        Instant now = now();
        Sql.update(connection, """
            insert into claude_conversation (id, application, owner, request, forked_from, forked_at, messages, bytes, created_at, used_at)
            select ?, c.application, c.owner, c.request, c.id,
                   (select m.id from claude_conversation_message m where m.conversation = c.ordinal and m.number = ?),
                   cast(? as int),
                   octet_length(c.request)
                       + (select coalesce(sum(octet_length(m.content) + coalesce(octet_length(m.envelope), 0)), 0)
                          from claude_conversation_message m where m.conversation = c.ordinal and m.number <= ?),
                   cast(? as timestamp with time zone), cast(? as timestamp with time zone)
            from claude_conversation c where c.ordinal = ?""", forkId, count, count, count, now, now, source);
        Locked fork = locked(connection, forkId).orElseThrow();
        Sql.update(connection, """
            insert into claude_conversation_message (conversation, number, id, role, content, envelope, created_at)
            select cast(? as bigint), number, id, role, content, envelope, created_at
            from claude_conversation_message where conversation = ? and number <= ?""", fork.ordinal(), source, count);
        storedBytes.add(connection, fork.bytes());
    }

    @Override
    public boolean delete(String id) {
        return database.transaction(connection -> {
            Optional<Locked> found = locked(connection, id);
            if (found.isPresent()) {
                delete(connection, found.get());
            }
            return found.isPresent();
        });
    }

    private void delete(Connection connection, Locked conversation) throws SQLException {
        Sql.update(connection, "delete from claude_conversation where ordinal = ?", conversation.ordinal());
        storedBytes.add(connection, -conversation.bytes());
    }

    @Override
    public int deleteUnusedSince(Instant moment) {
        return database.transaction(connection -> {
            Instant now = now();
            List<String> ids = Sql.list(
                    connection,
                    "select id from claude_conversation where application = ? and used_at < ?"
                            + " and (question_token is null or asked_until < ?) order by used_at limit "
                            + DELETED_PER_TRANSACTION,
                    row -> row.getString(1),
                    application,
                    moment,
                    now);
            int deleted = 0;
            for (String id : ids) {
                // Not if it was used meanwhile.
                Optional<Locked> found = locked(connection, id)
                        .filter(locked -> locked.usedAt().isBefore(moment) && !locked.isOpen(now));
                if (found.isPresent()) {
                    delete(connection, found.get());
                    deleted++;
                }
            }
            return deleted;
        });
    }
}
