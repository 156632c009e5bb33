package io.github.claudejakarta.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Impatient;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The SQL in docs/operations.md that renames an application renames it in each table. */
class RenamedApplicationTest {

    private static final Pattern UPDATE = Pattern.compile("(?m)^update (claude_[a-z_]+) set .*;$");

    private final JdbcConnectionPool pool = JdbcConnectionPool.create("jdbc:h2:mem:renamed", "", "");
    private final Database database = Impatient.opened(pool);
    private final Document.Block block = Document.of("docs/operations.md").block("update claude_job set application");

    @AfterEach
    void close() {
        pool.dispose();
    }

    @Test
    void everyTableWithAnApplicationIsUpdated() throws SQLException {
        assertThat(database.isOpen()).isTrue();
        var tables = new TreeSet<String>();
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "select table_name from information_schema.columns where column_name = 'APPLICATION'")) {
            while (rows.next()) {
                tables.add(rows.getString(1).toLowerCase(Locale.ROOT));
            }
        }

        assertThat(UPDATE.matcher(block.text()).results().map(match -> match.group(1)))
                .containsExactlyInAnyOrderElementsOf(tables);
    }

    @Test
    void theStatementsRun() throws SQLException {
        assertThat(database.isOpen()).isTrue();
        List<String> statements =
                UPDATE.matcher(block.text()).results().map(MatchResult::group).toList();

        assertThat(block.text().lines()).containsExactlyElementsOf(statements);
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            for (String one : statements) {
                assertThat(statement.executeUpdate(one)).isZero();
            }
        }
    }
}
