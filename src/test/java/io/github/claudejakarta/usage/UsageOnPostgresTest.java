package io.github.claudejakarta.usage;

import io.github.claudejakarta.durable.RealPostgres;
import javax.sql.ConnectionPoolDataSource;

class UsageOnPostgresTest extends UsageContract {

    @Override
    protected ConnectionPoolDataSource emptyDatabase() throws Exception {
        return RealPostgres.emptyDatabase();
    }
}
