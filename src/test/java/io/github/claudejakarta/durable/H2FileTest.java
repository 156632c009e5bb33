package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.lane.Slow;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests that H2's file contains all commits even if its process is killed. A copy of the file has the content that a
 * kill would leave. Some releases lose commits, but only after H2 has reused space that became free, after
 * {@code RETENTION_TIME}.
 */
class H2FileTest {

    private static final int ROWS = 200;
    private static final int COMMITS = 200;
    private static final int BETWEEN_COPIES = 5;

    @TempDir
    Path folder;

    private Connection open(String name) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:h2:retry:" + folder.resolve(name) + ";WRITE_DELAY=0;RETENTION_TIME=500", "claude", "claude");
    }

    @Slow("copies a file again and again")
    @Test
    void theFileContainsAllCommits() throws Exception {
        var random = new Random(1);
        try (Connection connection = open("claude");
                var statement = connection.createStatement()) {
            statement.execute("create table thing (id int primary key, number int, text varchar)");
            statement.execute("insert into thing select x, 0, repeat('y', 200) from system_range(1, " + ROWS + ")");
            statement.execute("create table latest (number int)");
            statement.execute("insert into latest values (0)");
            connection.setAutoCommit(false);
            for (int number = 1; number <= COMMITS; number++) {
                for (int i = 0; i < 3; i++) {
                    statement.execute(
                            "update thing set number = " + number + " where id = " + (1 + random.nextInt(ROWS)));
                }
                statement.execute("update latest set number = " + number);
                connection.commit();
                Thread.sleep(10);
                if (number % BETWEEN_COPIES == 0) {
                    assertThat(latestInACopy()).isEqualTo(number);
                }
            }
        }
    }

    private int latestInACopy() throws Exception {
        Files.copy(folder.resolve("claude.mv.db"), folder.resolve("copy.mv.db"), StandardCopyOption.REPLACE_EXISTING);
        try (Connection connection = open("copy");
                var rows = connection.createStatement().executeQuery("select number from latest")) {
            rows.next();
            return rows.getInt(1);
        }
    }
}
