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
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The SQL in docs/deployment.md that deletes the rows of an application leaves none. */
class RemovedApplicationTest {

    private static final Pattern DELETE =
            Pattern.compile("^delete from (claude_[a-z_]+) where application = 'claims';$", Pattern.MULTILINE);
    /** Tables without rows of an application. */
    private static final Set<String> SHARED = Set.of("claude_lock", "claude_schema");

    private static final String TABLES =
            "select table_name from information_schema.tables where lower(table_name) like 'claude~_%' escape '~'";

    private final JdbcConnectionPool pool = JdbcConnectionPool.create("jdbc:h2:mem:removed", "", "");
    private final Database database = Impatient.opened(pool);
    private final Document.Block block =
            Document.of("docs/deployment.md").block("delete from claude_job where application");

    @AfterEach
    void close() {
        pool.dispose();
    }

    @Test
    void everyTableWithAnApplicationIsNamed() throws SQLException {
        Set<String> deleted = new TreeSet<>(DELETE.matcher(block.text())
                .results()
                .map(match -> match.group(1))
                .toList());

        assertThat(deleted)
                .containsExactlyInAnyOrderElementsOf(
                        names("select table_name from information_schema.columns where column_name = 'APPLICATION'"));
    }

    @Test
    void rowsOfOtherTablesAreRemovedToo() throws SQLException {
        Set<String> others = names(TABLES
                + " and table_name not in (select table_name from information_schema.columns"
                + " where column_name = 'APPLICATION')");
        others.removeAll(SHARED);

        assertThat(others)
                .isNotEmpty()
                .isEqualTo(names("select c.table_name from information_schema.table_constraints c"
                        + " join information_schema.referential_constraints r on r.constraint_name = c.constraint_name"
                        + " where r.delete_rule = 'CASCADE'"));
    }

    @Test
    void theStatementsRun() throws SQLException {
        List<String> statements =
                DELETE.matcher(block.text()).results().map(MatchResult::group).toList();

        assertThat(block.text().lines()).containsExactlyElementsOf(statements);
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            for (String one : statements) {
                assertThat(statement.executeUpdate(one)).isZero();
            }
        }
    }

    private Set<String> names(String query) throws SQLException {
        assertThat(database.isOpen()).isTrue();
        var names = new TreeSet<String>();
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                names.add(rows.getString(1).toLowerCase(Locale.ROOT));
            }
        }
        return names;
    }
}
