package io.github.claudejakarta.durable;

/** The query of db-scheduler for due tasks of one application, on H2 and PostgreSQL. */
final class DueTasks {

    private DueTasks() {}

    /**
     * Returns a query that locks due tasks and skips locked ones. Its parameters are {@code picked}, the time, and the
     * parameters of the condition. It orders by all columns of the index; otherwise H2 sorts all rows.
     *
     * @param condition begins with {@code and}; may be empty
     */
    static String query(String table, int limit, String condition, ApplicationName application) {
        return "select * from " + table + " where picked = ? and execution_time <= ? " + condition
                + " and application = '" + application + "' order by application, execution_time limit " + limit
                + " for update skip locked";
    }
}
