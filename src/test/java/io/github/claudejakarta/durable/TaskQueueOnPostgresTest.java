package io.github.claudejakarta.durable;

import javax.sql.ConnectionPoolDataSource;

class TaskQueueOnPostgresTest extends TaskQueueContract {

    @Override
    protected ConnectionPoolDataSource emptyDatabase() throws Exception {
        return RealPostgres.emptyDatabase();
    }
}
