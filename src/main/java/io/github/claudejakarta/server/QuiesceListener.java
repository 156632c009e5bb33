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
 * one of Liberty's objects. Liberty runs these listeners concurrently, at {@code SIGTERM} as well as at {@code server
 * stop}, and the one that closes connections is among them. It fetches them one after the other, however, the highest
 * ranking first. So the action runs when the listener is fetched from an OSGi service factory, and Liberty closes
 * nothing until the action has returned.
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
     * @param ofServer any object whose class is Liberty's own
     * @return removes the listener
     */
    @SuppressWarnings("JdkObsolete") // OSGi wants a Dictionary.
    static Runnable register(Object ofServer, Runnable action) throws ReflectiveOperationException {
        ClassLoader bundlesLoader = ofServer.getClass().getClassLoader();
        Object context = Reflected.call(Reflected.call(bundlesLoader, "getBundle"), "getBundleContext");
        Object framework = Reflected.method(context, "getBundle", long.class).invoke(context, 0L);
        Object listener = implement(bundlesLoader.loadClass(LISTENER), "serverStopping", () -> {
            action.run();
            return null;
        });
        Object factory = implement(context.getClass().getClassLoader().loadClass(FACTORY), "getService", () -> {
            if (STOPPING.equals(Reflected.call(framework, "getState"))) {
                action.run();
            }
            return listener;
        });
        Object registration = Reflected.method(context, "registerService", String.class, Object.class, Dictionary.class)
                .invoke(context, LISTENER, factory, new Hashtable<>(Map.of(RANKING, Integer.MAX_VALUE)));
        return () -> unregister(registration);
    }

    private interface Body {
        Object run() throws ReflectiveOperationException;
    }

    /**
     * An object of one of Liberty's interfaces, which only Liberty's class loaders know. Its other methods do nothing.
     */
    private static Object implement(Class<?> type, String name, Body body) {
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
            Reflected.call(registration, "unregister");
        } catch (ReflectiveOperationException e) {
            LOG.log(Level.FINE, "The server has removed the listener already", e);
        }
    }
}
