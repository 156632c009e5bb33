package io.github.claudejakarta.server;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/**
 * Suspends and resumes the local transaction that Liberty has begun on a thread. Calls methods of Liberty's
 * {@code UOWManager} that are not public API.
 */
final class LibertyLocalTransaction implements UnsharedDataSource.LocalTransaction {

    private static final Logger LOG = Logger.getLogger(LibertyLocalTransaction.class.getName());
    private static final String NAME = "java:comp/websphere/UOWManager";
    private static final Runnable NOTHING = () -> {};

    private final Object manager;
    private final Method suspend;
    private final Method resume;

    private LibertyLocalTransaction(Object manager, Method suspend, Method resume) {
        this.manager = manager;
        this.suspend = suspend;
        this.resume = resume;
    }

    /** Looks up Liberty's manager. Must be called on a thread of the application. */
    static LibertyLocalTransaction find() throws NamingException, NoSuchMethodException {
        Object manager = InitialContext.doLookup(NAME);
        Method resume = Arrays.stream(manager.getClass().getMethods())
                .filter(method -> method.getName().equals("resume") && method.getParameterCount() == 1)
                .findAny()
                .orElseThrow(() -> new NoSuchMethodException("resume"));
        return new LibertyLocalTransaction(manager, manager.getClass().getMethod("suspend"), resume);
    }

    @Override
    public Runnable suspend() throws SQLException {
        try {
            Object token = suspend.invoke(manager);
            return token == null ? NOTHING : () -> resume(token);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new SQLException("The server did not suspend its local transaction", e);
        }
    }

    private void resume(Object token) {
        try {
            resume.invoke(manager, token);
        } catch (IllegalAccessException | InvocationTargetException | RuntimeException e) {
            // The thread continues without a local transaction, like a thread that the server does not manage.
            LOG.log(Level.FINE, "The server did not resume its local transaction", e);
        }
    }
}
