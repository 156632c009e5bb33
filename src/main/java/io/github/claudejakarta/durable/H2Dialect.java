package io.github.claudejakarta.durable;

import com.github.kagkarlsson.scheduler.jdbc.DefaultJdbcCustomization;

/**
 * How db-scheduler has to speak to H2, which it does not know by itself: rows can be locked, and locked ones passed
 * over.
 */
final class H2Dialect extends DefaultJdbcCustomization {

    private final ApplicationName application;

    /** @param application whose tasks are run */
    H2Dialect(ApplicationName application) {
        super(false);
        this.application = application;
    }

    @Override
    public String getName() {
        return "H2";
    }

    @Override
    public boolean supportsGenericLockAndFetch() {
        return true;
    }

    @Override
    public String createGenericSelectForUpdateQuery(
            String tableName, int limit, String requiredAndCondition, boolean orderByPriority) {
        return DueTasks.query(tableName, limit, requiredAndCondition, application);
    }
}
