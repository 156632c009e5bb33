package io.github.claudejakarta.conversation;

import java.nio.file.Path;
import javax.sql.ConnectionPoolDataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.io.TempDir;

class ConversationsOnH2Test extends ConversationContract {

    @TempDir
    static Path folder;

    @Override
    protected ConnectionPoolDataSource emptyDatabase() {
        var source = new JdbcDataSource();
        source.setURL("jdbc:h2:retry:" + folder + "/claude;WRITE_DELAY=0");
        source.setUser("claude");
        source.setPassword("claude");
        return source;
    }
}
