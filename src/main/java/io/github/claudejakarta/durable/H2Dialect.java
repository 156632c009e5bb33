package io.github.claudejakarta.durable;

import com.github.kagkarlsson.scheduler.jdbc.DefaultJdbcCustomization;

/** A dialect for H2, because db-scheduler has none. On H2 a query can lock rows and skip locked rows. */
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
