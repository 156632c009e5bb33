package io.github.claudejakarta.durable;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.Page;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * A table whose rows callers page through, newest first, each seeing its own. It has the columns {@code ordinal},
 * {@code id}, {@code owner} and {@code status}.
 *
 * @param columns of an item
 * @param visible a condition for those that callers may see at all
 */
public record Listing(String table, String columns, String visible) {

    /**
     * What is asked for.
     *
     * @param status of those wanted; null for all
     * @param limit as it was given, or null; so the other two
     */
    public record Query(Caller caller, String status, String limit, String afterId, String beforeId) {}

    /**
     * @throws ClaudeException {@code invalid_request_error} for a limit that is none, or an id that is not in the
     *     caller's list
     */
    public <T> Page<T> page(Connection connection, Query query, Sql.Mapper<T> mapper) throws SQLException {
        Page.requireOne(query.afterId, query.beforeId);
        int size = Page.limit(query.limit);
        var sql = new StringBuilder("select " + columns + " from " + table + " where " + visible);
        var parameters = new ArrayList<Object>();
        if (!query.caller.isAdmin()) {
            sql.append(" and owner = ?");
            parameters.add(query.caller.name());
        }
        if (query.status != null) {
            sql.append(" and status = ?");
            parameters.add(query.status);
        }
        if (query.afterId != null) {
            sql.append(" and ordinal < ?");
            parameters.add(ordinal(connection, query.caller, query.afterId, "after_id"));
        } else if (query.beforeId != null) {
            sql.append(" and ordinal > ?");
            parameters.add(ordinal(connection, query.caller, query.beforeId, "before_id"));
        }
        String direction = query.beforeId == null ? " desc" : " asc";
        // The index in full: without the column that is the same in all rows H2 sorts them.
        sql.append(" order by ")
                .append(query.caller.isAdmin() ? "" : "owner" + direction + ", ")
                .append("ordinal")
                .append(direction)
                .append(" limit ")
                .append(size + 1);
        List<T> found = Sql.list(connection, sql.toString(), mapper, parameters.toArray());
        var page = new ArrayList<>(found.subList(0, Math.min(size, found.size())));
        if (query.beforeId != null) {
            Collections.reverse(page);
        }
        return new Page<>(page, found.size() > size);
    }

    private record Place(long ordinal, String owner) {}

    private long ordinal(Connection connection, Caller caller, String id, String parameter) throws SQLException {
        // No text in PostgreSQL has this character, and to be asked for one it takes for a failure.
        Optional<Place> place = id.indexOf('\0') >= 0
                ? Optional.empty()
                : Sql.one(
                        connection,
                        "select ordinal, owner from " + table + " where id = ? and " + visible,
                        row -> new Place(row.getLong(1), row.getString(2)),
                        id);
        return place.filter(found -> caller.sees(found.owner))
                .map(Place::ordinal)
                .orElseThrow(() -> ClaudeException.of(ErrorType.INVALID_REQUEST, parameter + ": there is no " + id));
    }
}
