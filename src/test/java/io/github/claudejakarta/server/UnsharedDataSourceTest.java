package io.github.claudejakarta.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

class UnsharedDataSourceTest {

    private final List<String> calls = new ArrayList<>();
    private boolean isInTransaction;
    private boolean isFailing;
    private final DataSource source =
            UnsharedDataSource.of(recorded(DataSource.class), this::suspend, () -> isInTransaction);

    private Runnable suspend() {
        calls.add("suspend");
        return () -> calls.add("resume");
    }

    private <T> T recorded(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(
                UnsharedDataSourceTest.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    calls.add(method.getName());
                    if (isFailing) {
                        throw new SQLException("unavailable");
                    }
                    return method.getName().equals("getConnection")
                            ? recorded(Connection.class)
                            : Object.class.cast(method.getReturnType() == int.class ? Integer.valueOf(0) : null);
                }));
    }

    @Test
    void theLocalTransactionIsSuspendedWhileAConnectionIsOpen() throws Exception {
        try (Connection connection = source.getConnection()) {
            connection.commit();
        }

        assertThat(calls).containsExactly("suspend", "getConnection", "commit", "close", "resume");
    }

    @Test
    void closingTwiceResumesOnce() throws Exception {
        Connection connection = source.getConnection();
        connection.close();
        connection.close();

        assertThat(calls).containsExactly("suspend", "getConnection", "close", "resume", "close");
    }

    @Test
    void failuresResumeTheLocalTransaction() throws Exception {
        Connection connection = source.getConnection();
        isFailing = true;
        calls.clear();

        assertThatThrownBy(connection::close).isInstanceOf(SQLException.class).hasMessage("unavailable");
        assertThatThrownBy(source::getConnection)
                .isInstanceOf(SQLException.class)
                .hasMessage("unavailable");

        assertThat(calls).containsExactly("close", "resume", "suspend", "getConnection", "resume");
    }

    @Test
    void aTransactionKeepsItsConnection() throws Exception {
        isInTransaction = true;

        source.getConnection().close();
        source.getLoginTimeout();

        assertThat(calls).containsExactly("getConnection", "close", "getLoginTimeout");
    }
}
