package io.github.claudejakarta.batch;

import io.github.claudejakarta.durable.RealPostgres;
import javax.sql.ConnectionPoolDataSource;

class BatchesOnPostgresTest extends BatchContract {

    @Override
    protected ConnectionPoolDataSource emptyDatabase() throws Exception {
        return RealPostgres.emptyDatabase();
    }
}
