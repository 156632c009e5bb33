package io.github.claudejakarta.durable;

import javax.sql.ConnectionPoolDataSource;
import org.h2.jdbcx.JdbcDataSource;

class TaskQueueOnH2Test extends TaskQueueContract {

    @Override
    protected ConnectionPoolDataSource emptyDatabase() {
        var source = new JdbcDataSource();
        source.setURL("jdbc:h2:mem:queue;DB_CLOSE_DELAY=-1");
        source.setUser("claude");
        source.setPassword("claude");
        return source;
    }
}
