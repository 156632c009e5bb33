package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.flywaydb.core.api.MigrationVersion;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests that rows get unused numbers, even after a kill right after an upgrade. A copy of H2's file has the content
 * that a killed process leaves: {@code shutdown immediately} writes the numbers first.
 */
class H2IdentitiesTest {

    @TempDir
    Path folder;

    private DataSource file(String name) {
        var source = new JdbcDataSource();
        source.setURL("jdbc:h2:" + folder.resolve(name) + ";WRITE_DELAY=0;TRACE_LEVEL_FILE=0;DB_CLOSE_DELAY=-1");
        source.setUser("claude");
        source.setPassword("claude");
        return source;
    }

    @Test
    void aKillAfterTheFirstStartLosesNoNumbers() throws Exception {
        DataSource source = file("claude");
        Impatient.opened(source);
        int rows = store(source);
        DataSource killed = copy();
        close(source);

        // By a client that has not opened the database since: H2's server was killed, and not the application's.
        assertThat(store(killed)).isEqualTo(rows + 1);

        close(killed);
    }

    @Test
    void anOpenedDatabaseReturnsNoNumbersThatAreInUse() throws Exception {
        DataSource source = file("claude");
        // V4 stores rows, and V6 alters their table.
        new Schema(Impatient.SETTINGS, true).upgrade(source, MigrationVersion.LATEST);
        int rows = store(source);
        DataSource killed = copy();
        close(source);

        Impatient.opened(killed);

        assertThat(store(killed)).isEqualTo(rows + 1);
        close(killed);
    }

    /** Inserts a row and returns the number of rows. */
    private static int store(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection()) {
            Sql.update(
                    connection, "insert into claude_kept (application, kind, bytes) values (?, 'batch', 1)", "tests");
            return Sql.one(connection, "select count(*) from claude_kept", row -> row.getInt(1))
                    .orElseThrow();
        }
    }

    private DataSource copy() throws Exception {
        Files.copy(folder.resolve("claude.mv.db"), folder.resolve("killed.mv.db"));
        return file("killed");
    }

    private static void close(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("shutdown");
        }
    }
}
