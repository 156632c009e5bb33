package io.github.claudejakarta.batch;

import io.github.claudejakarta.durable.RealPostgres;
import io.github.claudejakarta.lane.Slow;
import javax.sql.ConnectionPoolDataSource;

@Slow("PostgreSQL")
class BatchesOnPostgresTest extends BatchContract {

    @Override
    protected ConnectionPoolDataSource emptyDatabase() throws Exception {
        return RealPostgres.emptyDatabase();
    }
}
