package io.github.claudejakarta.app;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Runs an action when the server begins to stop, before it takes connections, threads and data sources from its
 * applications. Jakarta EE has no word for that: {@code @PreDestroy} methods run after clients have lost their
 * connections.
 *
 * <p>On Liberty the action belongs to a {@code ServerQuiesceListener}, which is registered by reflection with the OSGi
 * bundle of one of Liberty's objects. Liberty runs these listeners concurrently, at {@code SIGTERM} as well as at
 * {@code server stop}, and the one that closes connections is among them. It fetches them one after the other, however,
 * the highest ranking first. So the action runs when the listener is fetched from an OSGi service factory, and Liberty
 * closes nothing until the action has returned.
 *
 * <p>On other servers the action is a JVM shutdown hook, which runs at {@code SIGTERM}.
 */
final class StopListener implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(StopListener.class.getName());
    private static final String LISTENER = "com.ibm.wsspi.kernel.service.utils.ServerQuiesceListener";
    private static final String FACTORY = "org.osgi.framework.ServiceFactory";
    private static final String RANKING = "service.ranking";
    /** OSGi's {@code Bundle.STOPPING}. */
    private static final Integer STOPPING = 16;

    private final Runnable remove;

    private StopListener(Runnable remove) {
        this.remove = remove;
    }

    /**
     * Listens until it is closed.
     *
     * @param ofServer any object whose class is the server's own
     * @param action may be run by any thread, and more than once; the server waits for it
     */
    static StopListener listen(Object ofServer, Runnable action) {
        try {
            return new StopListener(quiesceListener(ofServer.getClass().getClassLoader(), action));
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            LOG.log(Level.FINE, "Not on Liberty, or on another version of it: a JVM shutdown hook is used", e);
            return new StopListener(shutdownHook(action));
        }
    }

    private static Runnable quiesceListener(ClassLoader bundlesLoader, Runnable action)
            throws ReflectiveOperationException {
        Object context = call(call(bundlesLoader, "getBundle"), "getBundleContext");
        Object framework = method(context, "getBundle", long.class).invoke(context, 0L);
        Object listener = implement(bundlesLoader.loadClass(LISTENER), "serverStopping", () -> {
            action.run();
            return null;
        });
        Object factory = implement(context.getClass().getClassLoader().loadClass(FACTORY), "getService", () -> {
            if (STOPPING.equals(call(framework, "getState"))) {
                action.run();
            }
            return listener;
        });
        Object registration = method(context, "registerService", String.class, Object.class, Dictionary.class)
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
                case "toString" -> StopListener.class.getName();
                default -> null;
            };
        };
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
    }

    private static void unregister(Object registration) {
        try {
            call(registration, "unregister");
        } catch (ReflectiveOperationException e) {
            LOG.log(Level.FINE, "The server has removed the listener already", e);
        }
    }

    private static Object call(Object target, String name) throws ReflectiveOperationException {
        return method(target, name).invoke(target);
    }

    private static Method method(Object target, String name, Class<?>... parameters) throws NoSuchMethodException {
        Method method = target.getClass().getMethod(name, parameters);
        // The class need not be public.
        method.setAccessible(true);
        return method;
    }

    private static Runnable shutdownHook(Runnable action) {
        var hook = new Thread(action, "claude-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        return () -> remove(hook);
    }

    private static void remove(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            LOG.log(Level.FINE, "The JVM ends already", e);
        }
    }

    /** Removes the action, so that nothing holds an application that was undeployed. */
    @Override
    public void close() {
        remove.run();
    }
}
