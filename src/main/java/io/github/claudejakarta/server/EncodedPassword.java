package io.github.claudejakarta.server;

import java.lang.reflect.InvocationTargetException;
import java.util.Optional;

/**
 * Decodes values that Liberty's {@code securityUtility encode} has encoded: {@code {xor}}, and {@code {aes}} with the
 * server's key ({@code wlp.password.encryption.key}). Liberty itself decodes only attributes of its own elements.
 */
final class EncodedPassword {

    private static final String BUNDLE = "com.ibm.ws.crypto.passwordutil";
    private static final String DECODER = "com.ibm.websphere.crypto.PasswordUtil";

    private EncodedPassword() {}

    /**
     * Decodes a value.
     *
     * @param ofServer any object whose class belongs to Liberty
     * @return empty if the server's decoder rejects the value
     * @throws ReflectiveOperationException if the server has no decoder
     */
    static Optional<String> decode(Object ofServer, String encoded) throws ReflectiveOperationException {
        Class<?> decoder = decoder(ofServer.getClass().getClassLoader());
        try {
            return Optional.ofNullable(
                    (String) decoder.getMethod("decode", String.class).invoke(null, encoded));
        } catch (InvocationTargetException e) {
            // The exception may contain the value: it is not logged.
            return Optional.empty();
        }
    }

    private static Class<?> decoder(ClassLoader bundlesLoader) throws ReflectiveOperationException {
        Object context = Reflection.call(Reflection.call(bundlesLoader, "getBundle"), "getBundleContext");
        for (Object bundle : (Object[]) Reflection.call(context, "getBundles")) {
            if (BUNDLE.equals(Reflection.call(bundle, "getSymbolicName"))) {
                return (Class<?>)
                        Reflection.method(bundle, "loadClass", String.class).invoke(bundle, DECODER);
            }
        }
        throw new ClassNotFoundException(DECODER);
    }
}
