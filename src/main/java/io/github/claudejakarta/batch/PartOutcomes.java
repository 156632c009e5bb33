package io.github.claudejakarta.batch;

import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Sql;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Stores the outcomes of the requests of parts. */
final class PartOutcomes {

    private final Database database;

    PartOutcomes(Database database) {
        this.database = database;
    }

    /** The outcome of a request that did not succeed. */
    record Outcome(String customId, String type, String errorType) {}

    /**
     * Stores outcomes.
     *
     * @return whether all outcomes belong to requests of this part
     */
    boolean store(PartKey key, List<Outcome> outcomes) {
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

    /** Returns whether all ids belong to requests of this part. */
    boolean hasAll(PartKey key, Set<String> customIds) {
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

    /**
     * Returns the ids of the requests of a part whose latest outcome is from a later part.
     *
     * @param later numbers of later parts that have ended
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
     * Returns a page of the requests of a part that was never sent or accepted. Requests with an outcome from a later
     * part are not among them.
     *
     * @param later numbers of later parts that have ended
     * @param after position after which the page begins
     * @param size maximum number of requests
     */
    List<Unsent> unsent(long batch, BatchPart part, List<Integer> later, long after, int size) {
        var parameters = new ArrayList<Object>(List.of(batch, after, part.last()));
        parameters.addAll(later);
        parameters.add(size);
        String notLater = later.isEmpty() ? "" : """
            and not exists (select 1 from claude_batch_resent s
                            where s.batch = r.batch and s.position = r.position and s.part in (%s))""".formatted(Sql.placeholders(later.size()));
        return database.use(connection -> Sql.list(
                connection,
                "select position, custom_id from claude_batch_request r"
                        + " where batch = ? and position > ? and position <= ? " + notLater
                        + " order by batch, position limit ?",
                row -> new Unsent(row.getLong(1), row.getString(2)),
                parameters.toArray()));
    }

    record Unsent(long position, String customId) {}
}
