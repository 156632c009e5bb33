package io.github.claudejakarta.durable;

import com.github.kagkarlsson.scheduler.jdbc.PostgreSqlJdbcCustomization;

/**
 * db-scheduler's dialect for PostgreSQL, which locks tasks with one statement and updates them with another.
 * db-scheduler's own dialect does both in one statement. PostgreSQL may plan that statement as a loop that runs the
 * limited query once for each row. The statement then picks all due tasks: more than there are free threads, and also
 * the tasks meant for other servers.
 */
final class PostgresDialect extends PostgreSqlJdbcCustomization {

    private final ApplicationName application;

    /** @param application whose tasks are run */
    PostgresDialect(ApplicationName application) {
        super(true, false);
        this.application = application;
    }

    @Override
    public String createGenericSelectForUpdateQuery(
            String tableName, int limit, String requiredAndCondition, boolean orderByPriority) {
        return DueTasks.query(tableName, limit, requiredAndCondition, application);
    }
}
