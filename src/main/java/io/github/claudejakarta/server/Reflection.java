package io.github.claudejakarta.server;

import java.lang.reflect.Method;

/** Calls public methods by reflection, also of objects whose classes are not public, as in OSGi's implementation. */
final class Reflection {

    private Reflection() {}

    static Object call(Object target, String name) throws ReflectiveOperationException {
        return method(target, name).invoke(target);
    }

    static Method method(Object target, String name, Class<?>... parameters) throws NoSuchMethodException {
        Method method = target.getClass().getMethod(name, parameters);
        method.setAccessible(true);
        return method;
    }
}
