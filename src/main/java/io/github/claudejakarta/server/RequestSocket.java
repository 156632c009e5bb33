package io.github.claudejakarta.server;

import jakarta.servlet.ServletRequest;
import java.lang.reflect.Method;
import java.net.Socket;
import java.util.List;

/** Finds the socket of a request by calling methods of Liberty, one after the other, from the request to the socket. */
final class RequestSocket {

    private static final List<String> PATH_TO_CONNECTION =
            List.of("getIRequest", "getHttpInboundConnection", "getTCPConnectionContext");
    /** The path of a connection without TLS, and of one with TLS, which wraps a connection without. */
    private static final List<List<String>> PATHS_TO_SOCKET =
            List.of(List.of("getSocketIOChannel", "getSocket"), List.of("getDeviceReadInterface", "getSocket"));

    private RequestSocket() {}

    static Socket of(ServletRequest request) throws ReflectiveOperationException {
        Object connection = follow(PATH_TO_CONNECTION, request);
        NoSuchMethodException noPath = null;
        for (List<String> path : PATHS_TO_SOCKET) {
            try {
                return (Socket) follow(path, connection);
            } catch (NoSuchMethodException e) {
                noPath = e;
            }
        }
        throw noPath;
    }

    private static Object follow(List<String> path, Object from) throws ReflectiveOperationException {
        Object at = from;
        for (String step : path) {
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
