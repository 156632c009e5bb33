package io.github.claudejakarta.batch;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageBatch.Counts;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.usage.TokenUse;
import io.github.claudejakarta.usage.UsageStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Ends parts whose results were read: adds their usage to the totals, and resubmits expired requests. */
final class PartResults {

    private final Database database;
    private final TaskQueue queue;
    private final BatchRows rows;
    private final PartUpdates updates;

    PartResults(Database database, TaskQueue queue, BatchRows rows, PartUpdates updates) {
        this.database = database;
        this.queue = queue;
        this.rows = rows;
        this.updates = updates;
    }

    /**
     * Ends a part whose results have been read.
     *
     * @param models usage of the requests that succeeded, by model
     * @param isSimulated whether a simulator, not Claude, ran the requests: a batch may have parts of both
     * @param resubmission how expired requests are resubmitted immediately; empty if they are not
     */
    Optional<Batch> end(
            PartSnapshot found,
            Counts counts,
            Map<String, TokenUse> models,
            boolean isSimulated,
            Optional<Resubmission> resubmission,
            Task<?> follow) {
        PartKey key = found.key();
        return database.transaction(connection -> {
            if (!PartUpdates.move(
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
            addUsage(connection, found, models, isSimulated);
            if (found.part().round() > 0) {
                Sql.update(
                        connection,
                        "update claude_batch_request set settled_part = part where batch = ? and part = ?",
                        key.batch(),
                        key.number());
            }
            // Before the batch is refreshed: a batch that resubmits requests automatically has not ended, and its end
            // must not be reported.
            Optional<Batch> resubmitted = resubmission.isPresent()
                            && hasEnded(connection, key.batch())
                            && !isCanceling(connection, key.batch())
                    ? resubmit(connection, key.batch(), resubmission.get(), follow)
                    : Optional.empty();
            return resubmitted.isPresent()
                    ? resubmitted
                    : Optional.of(rows.refresh(connection, key.batch(), updates.now()));
        });
    }

    /** Adds the usage of the part to its batch, and to the daily usage of its owner. */
    private void addUsage(Connection connection, PartSnapshot part, Map<String, TokenUse> models, boolean isSimulated)
            throws SQLException {
        var today = LocalDate.ofInstant(updates.now(), ZoneOffset.UTC);
        // In the order of the models, so that two servers that update the same rows cannot deadlock.
        for (Map.Entry<String, TokenUse> model : new TreeMap<>(models).entrySet()) {
            TokenUse use = model.getValue();
            Tokens tokens = use.tokens();
            Sql.update(
                    connection,
                    "insert into claude_batch_usage values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    part.key().batch(),
                    part.key().number(),
                    model.getKey(),
                    use.requests(),
                    tokens.input(),
                    tokens.output(),
                    tokens.cacheWrite(),
                    tokens.cacheWrite1h(),
                    tokens.cacheRead());
            UsageStore.addBatch(connection, rows.application(), today, part.owner(), model.getKey(), isSimulated, use);
        }
    }

    private boolean hasEnded(Connection connection, long batch) throws SQLException {
        return rows.parts(connection, batch).stream()
                .allMatch(part -> part.state().hasEnded());
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
     * Resubmits requests of a batch that has ended.
     *
     * @return the batch; empty if it has no such requests
     * @throws ClaudeException {@code conflict_error} while the batch runs
     */
    Optional<Batch> resubmit(long batch, Resubmission resubmission, Task<?> follow) {
        return database.transaction(connection -> {
            BatchRows.lock(connection, batch);
            if (!rows.find(connection, batch).orElseThrow().status().hasEnded()) {
                throw ClaudeException.of(
                        ErrorType.CONFLICT, "The batch has not ended yet. Resubmit it when it has ended");
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
            queue.schedule(connection, follow, new PartKey(batch, number).task(), updates.now());
        }
        return Optional.of(rows.refresh(connection, batch, updates.now()));
    }
}
