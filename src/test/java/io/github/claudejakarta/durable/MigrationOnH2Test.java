package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

class MigrationOnH2Test extends MigrationContract {

    private int databases;

    /** H2's file format, in memory: on a disk the tests would take minutes. */
    @Override
    DataSource empty() {
        var source = new JdbcDataSource();
        source.setURL("jdbc:h2:nioMemFS:claude" + ++databases + ";WRITE_DELAY=0;TRACE_LEVEL_FILE=0;DB_CLOSE_DELAY=-1");
        source.setUser("claude");
        source.setPassword("claude");
        return source;
    }

    /** V6 looks the name of a key up before it drops the key. */
    @Test
    void aDatabaseWithNamesInLowerCaseIsUpgraded() throws SQLException {
        var source = new JdbcDataSource();
        source.setURL("jdbc:h2:mem:lower;DATABASE_TO_LOWER=TRUE;DB_CLOSE_DELAY=-1");

        Impatient.opened(source);

        try (Connection connection = source.getConnection();
                ResultSet key = connection.getMetaData().getPrimaryKeys(null, null, "claude_usage");
                ResultSet columns = connection.getMetaData().getColumns(null, null, "claude_usage", "application")) {
            assertThat(columns.next()).isTrue();
            assertThat(key.next()).as("the key without the application").isFalse();
        } finally {
            kill(source);
        }
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
