package io.github.claudejakarta.job;

import io.github.claudejakarta.durable.RealPostgres;
import io.github.claudejakarta.lane.Slow;
import javax.sql.ConnectionPoolDataSource;

@Slow("PostgreSQL")
class JobsOnPostgresTest extends JobContract {

    @Override
    protected ConnectionPoolDataSource emptyDatabase() throws Exception {
        return RealPostgres.emptyDatabase();
    }
}
