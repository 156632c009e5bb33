package io.github.claudejakarta.server;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;

/**
 * A data source whose connections return to the pool when they are closed, also if the server shares connections.
 *
 * <p>By default Liberty shares the connections of a data source that is looked up directly
 * ({@code enableSharingForDirectLookups}). It begins a local transaction on each thread of an application. A closed
 * connection stays with this local transaction, and the next {@code getConnection} on the thread returns it. The local
 * transaction of a managed thread ends with the thread. Therefore each thread that has ever used the database would
 * hold a connection, until the pool is empty. To prevent this, the local transaction is suspended while a connection is
 * open: a connection that belongs to no transaction is not shared.
 *
 * <p>In a JTA transaction the data source changes nothing: the connection belongs to that transaction.
 */
final class UnsharedDataSource {

    private UnsharedDataSource() {}

    /** The local transaction of the calling thread. */
    interface LocalTransaction {

        /**
         * Suspends the local transaction.
         *
         * @return resumes the local transaction; must run on the same thread
         */
        Runnable suspend() throws SQLException;
    }

    /**
     * Returns a data source that suspends the local transaction while a connection is open.
     *
     * @param isInTransaction whether the calling thread is in a JTA transaction
     */
    static DataSource of(DataSource source, LocalTransaction local, BooleanSupplier isInTransaction) {
        return proxy(DataSource.class, (method, arguments) -> {
            if (!method.getName().equals("getConnection") || isInTransaction.getAsBoolean()) {
                return invoke(source, method, arguments);
            }
            Runnable resume = local.suspend();
            try {
                return connection((Connection) invoke(source, method, arguments), resume);
            } catch (Throwable e) {
                resume.run();
                throw e;
            }
        });
    }

    private static Connection connection(Connection connection, Runnable resume) {
        var isClosed = new AtomicBoolean();
        return proxy(Connection.class, (method, arguments) -> {
            if (!method.getName().equals("close")) {
                return invoke(connection, method, arguments);
            }
            try {
                return invoke(connection, method, arguments);
            } finally {
                if (isClosed.compareAndSet(false, true)) {
                    resume.run();
                }
            }
        });
    }

    private interface Handler {
        Object handle(Method method, Object[] arguments) throws Throwable;
    }

    private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static <T> T proxy(Class<T> type, Handler handler) {
        return type.cast(Proxy.newProxyInstance(
                UnsharedDataSource.class.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> handler.handle(method, arguments)));
    }
}
