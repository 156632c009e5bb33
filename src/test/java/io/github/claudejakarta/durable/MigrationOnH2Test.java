package io.github.claudejakarta.durable;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

class MigrationOnH2Test extends MigrationContract {

    private int databases;

    /** H2's own format of files, in memory: a disk would take minutes. */
    @Override
    DataSource empty() {
        var source = new JdbcDataSource();
        source.setURL("jdbc:h2:nioMemFS:claude" + ++databases + ";WRITE_DELAY=0;TRACE_LEVEL_FILE=0;DB_CLOSE_DELAY=-1");
        source.setUser("claude");
        source.setPassword("claude");
        return source;
    }

    @Override
    void kill(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("shutdown immediately");
        } catch (SQLException e) {
            // The connection ends with the database.
            return;
        }
    }

    @Override
    void forget(DataSource source) throws SQLException {
        kill(source);
    }

    @Override
    boolean isH2() {
        return true;
    }
}
