package io.github.claudejakarta.usage;

import io.github.claudejakarta.durable.RealPostgres;
import io.github.claudejakarta.lane.Slow;
import javax.sql.ConnectionPoolDataSource;

@Slow("PostgreSQL")
class UsageOnPostgresTest extends UsageContract {

    @Override
    protected ConnectionPoolDataSource emptyDatabase() throws Exception {
        return RealPostgres.emptyDatabase();
    }
}
