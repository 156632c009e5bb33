package io.github.claudejakarta.durable;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Set;

/**
 * Tasks whose names lack the application, because a server of an older version schedules them while servers of both
 * versions run. What such a server runs is left to it; the application of this server adopts what it leaves behind.
 *
 * @param table of the tasks
 */
record LegacyTasks(String table, ApplicationName application) {

    /**
     * Adopts tasks that no server runs.
     *
     * @param kinds of tasks
     * @param recurring kinds of recurring tasks, which this application has already
     * @param quiet a server without a heartbeat since then does not run its tasks any more
     */
    void adopt(Connection connection, Set<String> kinds, Set<String> recurring, Instant quiet) throws SQLException {
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

    /** Returns a task's name as a server of an older version writes it. */
    static String name(String taskName) {
        return taskName.substring(taskName.indexOf('/') + 1);
    }
}
