package io.github.claudejakarta.webhook;

import io.github.claudejakarta.durable.RealPostgres;
import io.github.claudejakarta.lane.Slow;
import javax.sql.ConnectionPoolDataSource;

@Slow("PostgreSQL")
class WebhooksOnPostgresTest extends WebhookContract {

    @Override
    protected ConnectionPoolDataSource emptyDatabase() throws Exception {
        return RealPostgres.emptyDatabase();
    }
}
