package io.github.claudejakarta.durable;

import com.github.kagkarlsson.scheduler.jdbc.PostgreSqlJdbcCustomization;

/**
 * How db-scheduler has to speak to PostgreSQL: it locks tasks, then updates them. Its one statement that does both may
 * be planned as a loop that asks for the limited rows once for each row of the table, and then takes all that are due:
 * more than threads are free, and those of all other servers.
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
