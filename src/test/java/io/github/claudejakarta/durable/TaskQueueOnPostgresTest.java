package io.github.claudejakarta.durable;

import javax.sql.ConnectionPoolDataSource;

class TaskQueueOnPostgresTest extends TaskQueueContract {

    @Override
    ConnectionPoolDataSource emptyDatabase() throws Exception {
        return RealPostgres.emptyDatabase();
    }
}
