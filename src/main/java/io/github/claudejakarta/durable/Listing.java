package io.github.claudejakarta.durable;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.Page;
import io.github.claudejakarta.web.PageRequest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Reads pages of a table, newest rows first. Each caller sees its own rows. The table has the columns {@code ordinal},
 * {@code id}, {@code application}, {@code owner} and {@code status}. It has indexes on application and ordinal, and on
 * application, owner and ordinal.
 *
 * @param columns of an item
 * @param visible SQL condition for rows that callers may see
 */
public record Listing(String table, String columns, String visible) {

    /**
     * The items that a caller requests.
     *
     * @param caller sees its own items, or all items
     * @param status of the items; empty for all
     */
    public record Query(Caller caller, Optional<String> status, PageRequest page) {}

    /**
     * Reads a page.
     *
     * @param application that owns the rows
     * @throws ClaudeException {@code invalid_request_error} for an id that is not in the caller's list
     */
    public <T> Page<T> page(Connection connection, ApplicationName application, Query query, Sql.Mapper<T> mapper)
            throws SQLException {
        int size = query.page.limit();
        boolean isBackwards = query.page.before().isPresent();
        var sql = new StringBuilder("select " + columns + " from " + table + " where application = ? and " + visible);
        var parameters = new ArrayList<Object>();
        parameters.add(application.value());
        if (!query.caller.isAdmin()) {
            sql.append(" and owner = ?");
            parameters.add(query.caller.name());
        }
        if (query.status.isPresent()) {
            sql.append(" and status = ?");
            parameters.add(query.status.get());
        }
        if (query.page.after().isPresent()) {
            sql.append(" and ordinal < ?");
            parameters.add(ordinal(
                    connection, application, query.caller, query.page.after().get(), "after_id"));
        } else if (isBackwards) {
            sql.append(" and ordinal > ?");
            parameters.add(ordinal(
                    connection, application, query.caller, query.page.before().get(), "before_id"));
        }
        String direction = isBackwards ? " asc" : " desc";
        // All columns of the index: H2 sorts the rows if a column is missing, even if its value is the same in all
        // rows.
        sql.append(" order by application")
                .append(direction)
                .append(", ")
                .append(query.caller.isAdmin() ? "" : "owner" + direction + ", ")
                .append("ordinal")
                .append(direction)
                .append(" limit ")
                .append(size + 1);
        List<T> found = Sql.list(connection, sql.toString(), mapper, parameters.toArray());
        var page = new ArrayList<>(found.subList(0, Math.min(size, found.size())));
        if (isBackwards) {
            Collections.reverse(page);
        }
        return new Page<>(page, found.size() > size);
    }

    private record Position(long ordinal, String owner) {}

    private long ordinal(Connection connection, ApplicationName application, Caller caller, String id, String parameter)
            throws SQLException {
        // PostgreSQL cannot store this character, and fails if a parameter contains it.
        Optional<Position> position = id.indexOf('\0') >= 0
                ? Optional.empty()
                : Sql.one(
                        connection,
                        "select ordinal, owner from " + table + " where id = ? and application = ? and " + visible,
                        row -> new Position(row.getLong(1), row.getString(2)),
                        id,
                        application.value());
        return position.filter(found -> caller.canSee(found.owner))
                .map(Position::ordinal)
                .orElseThrow(() -> ClaudeException.of(
                        ErrorType.INVALID_REQUEST, parameter + ": there is no " + id + ". Use an id from the list"));
    }
}
