package io.github.claudejakarta.durable;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/** A database that is away, or runs a statement without confirming it, at a moment that the test selects. */
public final class UncertainSource {

    private static final int ENDLESS = Integer.MAX_VALUE;

    private final AtomicBoolean isLost = new AtomicBoolean();
    private final AtomicInteger left = new AtomicInteger(ENDLESS);
    private final DataSource source;

    public UncertainSource(DataSource certain) {
        source = proxy(DataSource.class, (proxy, method, arguments) -> {
            if (left.getAndUpdate(count -> count == ENDLESS || count == 0 ? count : count - 1) == 0) {
                throw new SQLException("taken away by the test");
            }
            Object result = call(certain, method, arguments);
            return result instanceof Connection connection ? uncertain(connection) : result;
        });
    }

    private Connection uncertain(Connection connection) {
        return proxy(Connection.class, (proxy, method, arguments) -> {
            Object result = call(connection, method, arguments);
            if (method.getName().equals("commit") && isLost.getAndSet(false)) {
                throw new SQLException("the answer was lost by the test");
            }
            return result;
        });
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(
                Proxy.newProxyInstance(UncertainSource.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    public DataSource source() {
        return source;
    }

    /** Loses the confirmation of the next commit. */
    public void loseConfirmation() {
        isLost.set(true);
    }

    /** Fails after it has returned this many more connections. */
    public void goAwayAfter(int connections) {
        left.set(connections);
    }

    public void comeBack() {
        left.set(ENDLESS);
    }
}
