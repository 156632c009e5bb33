package io.github.claudejakarta.server;

import java.lang.reflect.Method;

/** Calls public methods of objects whose classes need not be public, as those of OSGi's implementation. */
final class Reflected {

    private Reflected() {}

    static Object call(Object target, String name) throws ReflectiveOperationException {
        return method(target, name).invoke(target);
    }

    static Method method(Object target, String name, Class<?>... parameters) throws NoSuchMethodException {
        Method method = target.getClass().getMethod(name, parameters);
        method.setAccessible(true);
        return method;
    }
}
