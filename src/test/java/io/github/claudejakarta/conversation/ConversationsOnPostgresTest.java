package io.github.claudejakarta.conversation;

import io.github.claudejakarta.durable.RealPostgres;
import io.github.claudejakarta.lane.Slow;
import javax.sql.ConnectionPoolDataSource;

@Slow("PostgreSQL")
class ConversationsOnPostgresTest extends ConversationContract {

    @Override
    protected ConnectionPoolDataSource emptyDatabase() throws Exception {
        return RealPostgres.emptyDatabase();
    }
}
