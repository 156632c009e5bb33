package io.github.claudejakarta.durable;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * A database whose client is killed before its n-th statement, or whose n-th statement fails. Commits count as
 * statements, reads do not.
 */
final class KilledSource {

    /** The effect on the n-th statement. */
    enum End {
        /**
         * The statement and all later ones end the client with {@link Killed}, and the database loses the client with
         * its uncommitted changes.
         */
        KILLED,
        /** The statement fails, and later statements succeed. */
        REJECTED
    }

    /**
     * The end of the client. It is an Error, because Flyway repeats a step that throws an exception for ten seconds.
     */
    static final class Killed extends Error {

        private static final long serialVersionUID = 1;

        Killed() {
            super("killed by the test");
        }
    }

    private static final Pattern READING = Pattern.compile("(?i)\\s*(select|set|show)\\s");

    private final DataSource whole;
    private final int last;
    private final End end;
    private final Runnable kill;
    private final AtomicInteger statements = new AtomicInteger();

    /**
     * @param last number of the statement that does not succeed, from 1
     * @param kill makes the database lose all its clients, for {@link End#KILLED}
     */
    KilledSource(DataSource whole, int last, End end, Runnable kill) {
        this.whole = whole;
        this.last = last;
        this.end = end;
        this.kill = kill;
    }

    /** Returns whether the client reached that statement. */
    boolean isReached() {
        return statements.get() >= last;
    }

    DataSource source() {
        return proxy(DataSource.class, whole);
    }

    private <T> T proxy(Class<T> type, T target) {
        InvocationHandler handler = (proxy, method, arguments) -> call(target, method, arguments);
        return type.cast(Proxy.newProxyInstance(KilledSource.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private Object call(Object target, Method method, Object[] arguments) throws Throwable {
        if (isStatement(target, method, arguments)) {
            count();
        } else if (end == End.KILLED && isReached() && !method.getName().equals("close")) {
            throw new Killed();
        }
        try {
            Object result = method.invoke(target, arguments);
            if (result instanceof Connection connection && !(target instanceof Statement)) {
                return proxy(Connection.class, connection);
            }
            if (result instanceof java.sql.PreparedStatement statement) {
                return proxy(java.sql.PreparedStatement.class, statement);
            }
            return result instanceof Statement statement ? proxy(Statement.class, statement) : result;
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static boolean isStatement(Object target, Method method, Object[] arguments) {
        if (!(target instanceof Statement)) {
            return method.getName().equals("commit");
        }
        boolean reads = arguments != null
                && arguments.length > 0
                && READING.matcher(arguments[0].toString()).lookingAt();
        return method.getName().startsWith("execute") && !method.getName().equals("executeQuery") && !reads;
    }

    private void count() throws SQLException {
        int number = statements.incrementAndGet();
        if (number == last && end == End.KILLED) {
            kill.run();
        }
        if (number >= last && end == End.KILLED) {
            throw new Killed();
        }
        if (number == last) {
            throw new SQLException("rejected by the test", "58030");
        }
    }
}
