package io.github.claudejakarta.server;

import jakarta.ws.rs.core.Response;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;

/**
 * Gives Liberty reason phrases for the error statuses that it has none for, such as 429 and 529: otherwise it writes
 * {@code HTTP/1.1 529 Undefined}. The Servlet API has no way to set a phrase, so Liberty's table of statuses is
 * completed by reflection.
 */
final class ReasonPhrases {

    private static final String TABLE = "com.ibm.wsspi.http.channel.values.StatusCodes";
    private static final int FIRST = 400;
    private static final int SERVERS = 500;
    private static final int LAST = 599;
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
        for (int status = FIRST; status <= LAST; status++) {
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
        return known != null ? known.getReasonPhrase() : status < SERVERS ? "Client Error" : "Server Error";
    }
}
