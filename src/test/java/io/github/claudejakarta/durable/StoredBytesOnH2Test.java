package io.github.claudejakarta.durable;

import java.util.UUID;
import javax.sql.ConnectionPoolDataSource;
import org.h2.jdbcx.JdbcDataSource;

class StoredBytesOnH2Test extends StoredBytesContract {

    @Override
    protected ConnectionPoolDataSource emptyDatabase() {
        var source = new JdbcDataSource();
        source.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        source.setUser("claude");
        source.setPassword("claude");
        return source;
    }
}
