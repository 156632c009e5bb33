package io.github.claudejakarta.durable;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Set;

/**
 * Adopts tasks whose names lack the application. A server of an older version schedules such tasks while servers of
 * both versions run. Tasks that the older server still runs stay with it. Tasks that it no longer runs belong to the
 * application that ran migration V6, like the rows of the older server. Only that application adopts them.
 *
 * @param table of the tasks
 */
record LegacyTasks(String table, ApplicationName application) {

    /**
     * Adopts tasks that no server runs, if they belong to this application.
     *
     * @param kinds of tasks
     * @param recurring kinds of recurring tasks, which this application already has; their legacy tasks are deleted
     * @param quiet a server without a heartbeat since this moment no longer runs its tasks
     */
    void adopt(Connection connection, Set<String> kinds, Set<String> recurring, Instant quiet) throws SQLException {
        if (!ownsUnnamedRows(connection)) {
            return;
        }
        String abandoned = " where task_name = ? and (picked = ? or last_heartbeat < ?)";
        for (String kind : kinds) {
            String name = application.task(kind);
            Sql.update(
                    connection,
                    "update " + table + " t set task_name = ?" + abandoned + " and not exists (select 1 from " + table
                            + " n where n.task_name = ? and n.task_instance = t.task_instance)",
                    name,
                    kind,
                    false,
                    quiet,
                    name);
        }
        for (String kind : recurring) {
            Sql.update(connection, "delete from " + table + abandoned, kind, false, quiet);
        }
    }

    /**
     * Returns whether this application ran migration V6. V6 assigns rows without an application to that application, as
     * the column's default.
     */
    private boolean ownsUnnamedRows(Connection connection) throws SQLException {
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
