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
 * The local transaction that Liberty has begun on a thread, by methods of its {@code UOWManager} that are not public.
 */
final class LibertyLocalTransaction implements UnsharedSource.LocalTransaction {

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

    /** Looks Liberty's manager up, on a thread of the application. */
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
            // The thread continues without one, as a thread that is not the server's own.
            LOG.log(Level.FINE, "The server did not resume its local transaction", e);
        }
    }
}
