package io.github.claudejakarta.durable;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Set;

/**
 * Tasks whose names lack the application, because a server of an older version schedules them while servers of both
 * versions run. What such a server runs is left to it. What it leaves behind belongs to the application that has run
 * migration V6, as the rows of such a server do. That application alone adopts these tasks.
 *
 * @param table of the tasks
 */
record LegacyTasks(String table, ApplicationName application) {

    /**
     * Adopts tasks that no server runs, if they are this application's.
     *
     * @param kinds of tasks
     * @param recurring kinds of recurring tasks, which this application has already
     * @param quiet a server without a heartbeat since then does not run its tasks any more
     */
    void adopt(Connection connection, Set<String> kinds, Set<String> recurring, Instant quiet) throws SQLException {
        if (!isHeir(connection)) {
            return;
        }
        String left = " where task_name = ? and (picked = ? or last_heartbeat < ?)";
        for (String kind : kinds) {
            String name = application.task(kind);
            Sql.update(
                    connection,
                    "update " + table + " t set task_name = ?" + left + " and not exists (select 1 from " + table
                            + " n where n.task_name = ? and n.task_instance = t.task_instance)",
                    name,
                    kind,
                    false,
                    quiet,
                    name);
        }
        for (String kind : recurring) {
            Sql.update(connection, "delete from " + table + left, kind, false, quiet);
        }
    }

    /** V6 gives rows that do not name their application to the application that runs it: as the column's default. */
    private boolean isHeir(Connection connection) throws SQLException {
        return Sql.one(connection, """
            select column_default from information_schema.columns where table_schema = current_schema and lower(table_name) = 'claude_kept'
              and lower(column_name) = 'application'""", row -> row.getString(1))
                .filter(text -> text.startsWith("'" + application + "'"))
                .isPresent();
    }

    /** Returns a task's name as a server of an older version writes it. */
    static String name(String taskName) {
        return taskName.substring(taskName.indexOf('/') + 1);
    }
}
