package io.github.claudejakarta.server;

import jakarta.ws.rs.core.Response;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;

/**
 * Adds reason phrases for the error statuses for which Liberty has none, such as 429 and 529. Without them Liberty
 * writes {@code HTTP/1.1 529 Undefined}. The Servlet API cannot set a phrase, therefore this class completes Liberty's
 * table of statuses by reflection.
 */
final class ReasonPhrases {

    private static final String TABLE = "com.ibm.wsspi.http.channel.values.StatusCodes";
    private static final int FIRST_ERROR = 400;
    private static final int FIRST_SERVER_ERROR = 500;
    private static final int LAST_ERROR = 599;
    private static final int OVERLOADED = 529;

    private ReasonPhrases() {}

    /**
     * Completes the server's table.
     *
     * @param ofWebContainer loads the classes of Liberty's web container
     */
    static void complete(ClassLoader ofWebContainer) throws ReflectiveOperationException {
        Class<?> table = ofWebContainer.loadClass(TABLE);
        Method known = table.getMethod("getByOrdinal", int.class);
        // The new entry adds itself to the table.
        Constructor<?> entry = table.getConstructor(int.class, String.class, boolean.class);
        for (int status = FIRST_ERROR; status <= LAST_ERROR; status++) {
            if (known.invoke(null, status) == null) {
                entry.newInstance(status, phrase(status), false);
            }
        }
    }

    static String phrase(int status) {
        if (status == OVERLOADED) {
            return "Overloaded";
        }
        Response.Status known = Response.Status.fromStatusCode(status);
        return known != null ? known.getReasonPhrase() : status < FIRST_SERVER_ERROR ? "Client Error" : "Server Error";
    }
}
