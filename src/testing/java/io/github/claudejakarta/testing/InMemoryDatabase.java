package io.github.claudejakarta.testing;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.UUID;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;

/**
 * An H2 database in memory. It is empty when it is opened, and removed when it is closed. This class does not reference
 * classes of H2, because H2 is optional.
 */
final class InMemoryDatabase implements DataSource, AutoCloseable {

    private final String url = "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";

    private InMemoryDatabase() {}

    /**
     * Opens a database.
     *
     * @throws ExtensionConfigurationException if H2 is not on the class path
     */
    static InMemoryDatabase open() {
        try {
            DriverManager.getDriver("jdbc:h2:mem:");
        } catch (SQLException e) {
            throw new ExtensionConfigurationException(
                    "@ClaudeSimulator(database = true) needs H2 on the class path of the tests. Add com.h2database:h2.",
                    e);
        }
        return new InMemoryDatabase();
    }

    @Override
    public Connection getConnection() throws SQLException {
        return DriverManager.getConnection(url);
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        return getConnection();
    }

    @Override
    public void close() throws SQLException {
        try (Connection connection = getConnection();
                var statement = connection.createStatement()) {
            statement.execute("shutdown");
        }
    }

    @Override
    public PrintWriter getLogWriter() throws SQLException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public void setLogWriter(PrintWriter out) throws SQLException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public int getLoginTimeout() {
        return 0;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        throw new SQLException("This data source does not wrap another");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }
}
