package io.github.claudejakarta.server;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Runs an action when Liberty begins to stop.
 *
 * <p>The action belongs to a {@code ServerQuiesceListener}, which is registered by reflection with the OSGi bundle of
 * one of Liberty's objects. Liberty runs these listeners concurrently, at {@code SIGTERM} and at {@code server stop},
 * and one of them closes the connections. But Liberty first fetches the listeners one after the other, in the order of
 * their ranking. Therefore the action runs when Liberty fetches this listener, first of all, from an OSGi service
 * factory. Liberty closes nothing until the action has returned.
 */
final class QuiesceListener {

    private static final Logger LOG = Logger.getLogger(QuiesceListener.class.getName());
    private static final String LISTENER = "com.ibm.wsspi.kernel.service.utils.ServerQuiesceListener";
    private static final String FACTORY = "org.osgi.framework.ServiceFactory";
    private static final String RANKING = "service.ranking";
    /** OSGi's {@code Bundle.STOPPING}. */
    private static final Integer STOPPING = 16;

    private QuiesceListener() {}

    /**
     * Registers a listener.
     *
     * @param ofServer any object whose class belongs to Liberty
     * @return removes the listener
     */
    @SuppressWarnings("JdkObsolete") // OSGi requires a Dictionary.
    static Runnable register(Object ofServer, Runnable action) throws ReflectiveOperationException {
        ClassLoader bundlesLoader = ofServer.getClass().getClassLoader();
        Object context = Reflection.call(Reflection.call(bundlesLoader, "getBundle"), "getBundleContext");
        Object framework = Reflection.method(context, "getBundle", long.class).invoke(context, 0L);
        Object listener = implement(bundlesLoader.loadClass(LISTENER), "serverStopping", () -> {
            action.run();
            return null;
        });
        Object factory = implement(context.getClass().getClassLoader().loadClass(FACTORY), "getService", () -> {
            if (STOPPING.equals(Reflection.call(framework, "getState"))) {
                action.run();
            }
            return listener;
        });
        Object registration = Reflection.method(
                        context, "registerService", String.class, Object.class, Dictionary.class)
                .invoke(context, LISTENER, factory, new Hashtable<>(Map.of(RANKING, Integer.MAX_VALUE)));
        return () -> unregister(registration);
    }

    private interface MethodBody {
        Object run() throws ReflectiveOperationException;
    }

    /**
     * Returns an object that implements an interface of Liberty, which only Liberty's class loaders know.
     *
     * @param name the method that runs the body; the other methods do nothing
     */
    private static Object implement(Class<?> type, String name, MethodBody body) {
        InvocationHandler handler = (proxy, method, arguments) -> {
            if (method.getName().equals(name)) {
                return body.run();
            }
            return switch (method.getName()) {
                case "equals" -> proxy == arguments[0];
                case "hashCode" -> System.identityHashCode(proxy);
                case "toString" -> QuiesceListener.class.getName();
                default -> null;
            };
        };
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
    }

    private static void unregister(Object registration) {
        try {
            Reflection.call(registration, "unregister");
        } catch (ReflectiveOperationException e) {
            LOG.log(Level.FINE, "The server has removed the listener already", e);
        }
    }
}
