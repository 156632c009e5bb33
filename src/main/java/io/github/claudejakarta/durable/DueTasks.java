package io.github.claudejakarta.durable;

/** The query for the tasks of one application that are due, for db-scheduler, on H2 and PostgreSQL. */
final class DueTasks {

    private DueTasks() {}

    /**
     * Returns a query that locks tasks and passes over locked ones. Its parameters are {@code picked}, the time, and
     * those of the condition. It names the columns of the index in full; otherwise H2 sorts all rows.
     *
     * @param condition begins with {@code and}; may be empty
     */
    static String query(String table, int limit, String condition, ApplicationName application) {
        return "select * from " + table + " where picked = ? and execution_time <= ? " + condition
                + " and application = '" + application + "' order by application, execution_time limit " + limit
                + " for update skip locked";
    }
}
