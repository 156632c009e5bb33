package io.github.claudejakarta.server;

import jakarta.servlet.ServletRequest;
import java.lang.reflect.Method;
import java.net.Socket;
import java.util.List;

/** Finds the socket behind a request of Liberty's, along the methods that lead from one to the other. */
final class RequestSocket {

    private static final List<String> WAY_TO_THE_CONNECTION =
            List.of("getIRequest", "getHttpInboundConnection", "getTCPConnectionContext");
    /** Of a connection without TLS, and of one with it, which stands before one without. */
    private static final List<List<String>> WAYS_TO_THE_SOCKET =
            List.of(List.of("getSocketIOChannel", "getSocket"), List.of("getDeviceReadInterface", "getSocket"));

    private RequestSocket() {}

    static Socket of(ServletRequest request) throws ReflectiveOperationException {
        Object connection = along(WAY_TO_THE_CONNECTION, request);
        NoSuchMethodException noWay = null;
        for (List<String> way : WAYS_TO_THE_SOCKET) {
            try {
                return (Socket) along(way, connection);
            } catch (NoSuchMethodException e) {
                noWay = e;
            }
        }
        throw noWay;
    }

    private static Object along(List<String> way, Object from) throws ReflectiveOperationException {
        Object at = from;
        for (String step : way) {
            at = call(at, step);
        }
        return at;
    }

    private static Object call(Object target, String name) throws ReflectiveOperationException {
        for (Class<?> type = target.getClass(); type != null; type = type.getSuperclass()) {
            for (Method method : type.getDeclaredMethods()) {
                if (method.getName().equals(name) && method.getParameterCount() == 0) {
                    method.setAccessible(true);
                    return method.invoke(target);
                }
            }
        }
        throw new NoSuchMethodException(target.getClass().getName() + "." + name);
    }
}
