package io.github.claudejakarta.durable;

import com.github.kagkarlsson.scheduler.jdbc.DefaultJdbcCustomization;

/**
 * How db-scheduler has to speak to H2, which it does not know by itself: rows can be locked, and locked ones passed
 * over.
 */
final class H2Dialect extends DefaultJdbcCustomization {

    H2Dialect() {
        super(false);
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
        return createSelectDueQuery(tableName, limit, requiredAndCondition, orderByPriority)
                + " for update skip locked";
    }
}
