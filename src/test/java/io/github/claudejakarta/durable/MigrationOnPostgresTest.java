package io.github.claudejakarta.durable;

import io.github.claudejakarta.lane.Slow;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.postgresql.ds.PGConnectionPoolDataSource;
import org.postgresql.ds.PGSimpleDataSource;

@Slow("PostgreSQL")
class MigrationOnPostgresTest extends MigrationContract {

    private PGSimpleDataSource source;

    /** Always the same database, because creating one takes longer than upgrading it. */
    @Override
    DataSource empty() throws Exception {
        if (source == null) {
            var made = (PGConnectionPoolDataSource) RealPostgres.emptyDatabase();
            source = new PGSimpleDataSource();
            source.setPortNumbers(made.getPortNumbers());
            source.setDatabaseName(made.getDatabaseName());
            source.setUser(made.getUser());
        }
        run("drop schema public cascade", "create schema public");
        return source;
    }

    @Override
    void forget(DataSource source) {
        // The next call returns the same database.
    }

    @Override
    void kill(DataSource killed) throws SQLException {
        run(
                "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()");
    }

    private void run(String... statements) throws SQLException {
        try (Connection connection = source.getConnection();
                var statement = connection.createStatement()) {
            for (String one : statements) {
                statement.execute(one);
            }
        }
    }

    @Override
    boolean isH2() {
        return false;
    }
}
