package io.github.claudejakarta.job;

import io.github.claudejakarta.durable.RealPostgres;
import javax.sql.ConnectionPoolDataSource;

class JobsOnPostgresTest extends JobContract {

    @Override
    protected ConnectionPoolDataSource emptyDatabase() throws Exception {
        return RealPostgres.emptyDatabase();
    }
}
