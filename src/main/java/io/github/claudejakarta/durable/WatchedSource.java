package io.github.claudejakarta.durable;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;

/** A data source that refuses connections while the database is away and reports failures to connect. */
final class WatchedSource {

    private WatchedSource() {}

    static DataSource of(DataSource source, BooleanSupplier isBlocked, Availability availability) {
        return (DataSource) Proxy.newProxyInstance(
                WatchedSource.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    boolean isConnecting = method.getName().equals("getConnection");
                    if (isConnecting && isBlocked.getAsBoolean()) {
                        throw new SQLTransientConnectionException(availability.unavailableMessage());
                    }
                    long ended = availability.endedOutages();
                    try {
                        return method.invoke(source, arguments);
                    } catch (InvocationTargetException e) {
                        if (isConnecting && e.getCause() instanceof SQLException) {
                            availability.reportLost(e.getCause(), ended);
                        }
                        throw e.getCause();
                    }
                });
    }
}
