package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.MessageBatch;
import io.github.claudejakarta.claude.MessageBatch.Counts;
import io.github.claudejakarta.claude.Prices;
import io.github.claudejakarta.durable.ApplicationName;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.durable.StoredBytes;
import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.listener.ListenerTasks;
import io.github.claudejakarta.listener.Listeners;
import io.github.claudejakarta.webhook.Webhooks;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Reads batches from the database, and derives the state of a batch from its parts. */
final class BatchRows {

    /** Round 0 only: later rounds send requests that are already stored. */
    private static final String STORED_BYTES =
            "select sum(p.bytes) from claude_batch_part p join claude_batch b on b.ordinal = p.batch where b.application = ? and p.round = 0";

    private final Prices prices;
    private final Webhooks webhooks;
    private final ApplicationName application;
    private final StoredBytes storedBytes;
    /** Null if there are no listeners. */
    private volatile Listeners<Batch> listeners;

    /** @param application that owns these batches */
    BatchRows(Prices prices, Webhooks webhooks, ApplicationName application) {
        this.prices = prices;
        this.webhooks = webhooks;
        this.application = application;
        this.storedBytes = new StoredBytes(application, "batch", STORED_BYTES);
    }

    /** Sets the listeners of the application, which are called for each end from now on. */
    void setListeners(Listeners<Batch> some) {
        listeners = some;
    }

    /** Returns the application that owns these batches. */
    ApplicationName application() {
        return application;
    }

    /** Returns the counter of the bytes of all stored requests. */
    StoredBytes storedBytes() {
        return storedBytes;
    }

    Optional<Batch> find(Connection connection, long ordinal) throws SQLException {
        return Sql.one(
                connection, "select * from claude_batch where ordinal = ?", row -> batch(connection, row), ordinal);
    }

    Batch batch(Connection connection, ResultSet row) throws SQLException {
        long ordinal = row.getLong("ordinal");
        return new Batch(
                row.getString("id"),
                row.getString("owner"),
                BatchStatus.of(row.getString("status")),
                row.getLong("revision"),
                row.getLong("requests"),
                parts(connection, ordinal),
                usage(connection, ordinal),
                webhooks.callback(connection, row.getString("id"), row.getString("callback_url")),
                StoredHeaders.parse(row.getString("headers")).correlation(),
                Sql.instant(row, "created_at").orElseThrow(),
                Sql.instant(row, "ended_at"),
                row.getBoolean("simulated"));
    }

    List<BatchPart> parts(Connection connection, long ordinal) throws SQLException {
        return Sql.list(
                connection,
                "select * from claude_batch_part where batch = ? order by number",
                BatchRows::part,
                ordinal);
    }

    Optional<BatchPart> part(Connection connection, long ordinal, int number) throws SQLException {
        return Sql.one(
                connection,
                "select * from claude_batch_part where batch = ? and number = ?",
                BatchRows::part,
                ordinal,
                number);
    }

    private static BatchPart part(ResultSet row) throws SQLException {
        return new BatchPart(
                row.getInt("number"),
                row.getInt("round"),
                PartState.of(row.getString("state")),
                row.getLong("first_position"),
                row.getLong("last_position"),
                row.getLong("requests"),
                row.getLong("bytes"),
                Sql.instant(row, "sent_at"),
                Optional.ofNullable(row.getString("message_batch")).map(MessageBatch::parse),
                Optional.ofNullable(row.getString("problem")),
                new Counts(
                        row.getLong("processing"),
                        row.getLong("succeeded"),
                        row.getLong("errored"),
                        row.getLong("canceled"),
                        row.getLong("expired")));
    }

    private BatchUsage usage(Connection connection, long ordinal) throws SQLException {
        return new BatchUsage(Sql.list(
                connection,
                """
            select model, sum(requests) as requests, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
                   sum(cache_write_5m_tokens) as cache_write_5m_tokens, sum(cache_write_1h_tokens) as cache_write_1h_tokens,
                   sum(cache_read_tokens) as cache_read_tokens
            from claude_batch_usage where batch = ? group by model order by model""",
                row -> BatchUsage.priced(
                        prices,
                        row.getString("model"),
                        row.getLong("requests"),
                        new Prices.Tokens(
                                row.getLong("input_tokens"),
                                row.getLong("output_tokens"),
                                row.getLong("cache_write_5m_tokens"),
                                row.getLong("cache_write_1h_tokens"),
                                row.getLong("cache_read_tokens"))),
                ordinal));
    }

    /** Stores that a simulator works on the batch, in the transaction of a change that has its own revision. */
    Optional<Batch> markSimulated(Connection connection, long ordinal) throws SQLException {
        Sql.update(connection, "update claude_batch set simulated = ? where ordinal = ?", true, ordinal);
        return find(connection, ordinal);
    }

    /** Locks the batch against other changes until the transaction ends. */
    static void lock(Connection connection, long ordinal) throws SQLException {
        Sql.one(
                connection,
                "select ordinal from claude_batch where ordinal = ? for update",
                row -> row.getLong(1),
                ordinal);
    }

    private record Before(BatchStatus status, boolean isCanceling, URI server) {}

    /**
     * Derives the state of the batch from its parts, and stores it as a new revision. If the batch has ended now, this
     * stores the calls of its listeners and its callback.
     */
    Batch refresh(Connection connection, long ordinal, Instant now) throws SQLException {
        Before before = Sql.one(
                        connection,
                        "select status, cancel_requested, server from claude_batch where ordinal = ?",
                        row -> new Before(
                                BatchStatus.of(row.getString(1)),
                                row.getBoolean(2),
                                URI.create(Objects.requireNonNullElse(row.getString(3), ""))),
                        ordinal)
                .orElseThrow();
        BatchStatus status = status(parts(connection, ordinal), before.isCanceling());
        Sql.update(
                connection,
                "update claude_batch set status = ?, revision = revision + 1, ended_at = cast(? as timestamp with time zone) where ordinal = ?",
                status.toString(),
                status.hasEnded() ? now : null,
                ordinal);
        Batch batch = find(connection, ordinal).orElseThrow();
        if (!status.hasEnded() || before.status().hasEnded()) {
            return batch;
        }
        Listeners<Batch> called = listeners;
        if (called != null) {
            called.ended(connection, batch.id());
        }
        if (batch.callback().isEmpty()) {
            return batch;
        }
        webhooks.deliver(
                connection,
                batch.id(),
                "batch." + status,
                batch.callback().get().url(),
                batch.json(before.server()));
        return find(connection, ordinal).orElseThrow();
    }

    private static long bytes(Connection connection, long ordinal) throws SQLException {
        return Sql.one(
                        connection,
                        "select sum(bytes) from claude_batch_part where batch = ? and round = 0",
                        row -> row.getLong(1),
                        ordinal)
                .orElse(0L);
    }

    /**
     * Removes a batch with its parts, requests, deliveries and calls. The caller has locked the batch.
     *
     * @param condition that the batch has to meet
     * @return whether the batch met it and was removed
     */
    boolean remove(Connection connection, long ordinal, String condition, Object... parameters) throws SQLException {
        Optional<String> id =
                Sql.one(connection, "select id from claude_batch where ordinal = ?", row -> row.getString(1), ordinal);
        var all = new ArrayList<Object>(List.of(ordinal));
        Collections.addAll(all, parameters);
        long bytes = bytes(connection, ordinal);
        boolean isGone =
                Sql.update(connection, "delete from claude_batch where ordinal = ? and " + condition, all.toArray())
                        > 0;
        if (isGone) {
            storedBytes.add(connection, -bytes);
            webhooks.forget(connection, id.orElseThrow());
            ListenerTasks.forget(connection, id.orElseThrow());
        }
        return isGone;
    }

    private static BatchStatus status(List<BatchPart> parts, boolean isCanceling) {
        if (parts.stream().allMatch(part -> part.state().hasEnded())) {
            boolean isLacking = parts.stream()
                    .anyMatch(part ->
                            part.state() == PartState.FAILED && part.counts().errored() > 0);
            return isLacking ? BatchStatus.FAILED : BatchStatus.ENDED;
        }
        if (isCanceling) {
            return BatchStatus.CANCELING;
        }
        boolean isSubmitting = parts.stream()
                .anyMatch(part -> part.round() == 0 && !part.state().hasEnded() && part.state() != PartState.RUNNING);
        return isSubmitting ? BatchStatus.SUBMITTING : BatchStatus.IN_PROGRESS;
    }
}
