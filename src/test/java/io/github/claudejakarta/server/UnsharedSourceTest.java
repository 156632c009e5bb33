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

class UnsharedSourceTest {

    private final List<String> calls = new ArrayList<>();
    private boolean isInTransaction;
    private boolean isAway;
    private final DataSource source =
            UnsharedSource.of(recorded(DataSource.class), this::suspend, () -> isInTransaction);

    private Runnable suspend() {
        calls.add("suspend");
        return () -> calls.add("resume");
    }

    private <T> T recorded(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(
                UnsharedSourceTest.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    calls.add(method.getName());
                    if (isAway) {
                        throw new SQLException("away");
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
    void failuresAreThoseOfTheServerAndResumeIt() throws Exception {
        Connection connection = source.getConnection();
        isAway = true;
        calls.clear();

        assertThatThrownBy(connection::close).isInstanceOf(SQLException.class).hasMessage("away");
        assertThatThrownBy(source::getConnection)
                .isInstanceOf(SQLException.class)
                .hasMessage("away");

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
