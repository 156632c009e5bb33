package io.github.claudejakarta.webhook;

import io.github.claudejakarta.durable.RealPostgres;
import javax.sql.ConnectionPoolDataSource;

class WebhooksOnPostgresTest extends WebhookContract {

    @Override
    protected ConnectionPoolDataSource emptyDatabase() throws Exception {
        return RealPostgres.emptyDatabase();
    }
}
