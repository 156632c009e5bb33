package io.github.claudejakarta.server;

import java.lang.reflect.InvocationTargetException;
import java.util.Optional;

/**
 * Decodes what Liberty's {@code securityUtility encode} has encoded: {@code {xor}} and {@code {aes}}, with the server's
 * own key ({@code wlp.password.encryption.key}). Liberty decodes only the attributes of its own elements.
 */
final class EncodedPassword {

    private static final String BUNDLE = "com.ibm.ws.crypto.passwordutil";
    private static final String DECODER = "com.ibm.websphere.crypto.PasswordUtil";

    private EncodedPassword() {}

    /**
     * Decodes a value.
     *
     * @param ofServer any object whose class is Liberty's own
     * @return empty if the server's decoder rejects the value
     * @throws ReflectiveOperationException if the server has no decoder
     */
    static Optional<String> decode(Object ofServer, String encoded) throws ReflectiveOperationException {
        Class<?> decoder = decoder(ofServer.getClass().getClassLoader());
        try {
            return Optional.ofNullable(
                    (String) decoder.getMethod("decode", String.class).invoke(null, encoded));
        } catch (InvocationTargetException e) {
            // The exception may have the value in it.
            return Optional.empty();
        }
    }

    private static Class<?> decoder(ClassLoader bundlesLoader) throws ReflectiveOperationException {
        Object context = Reflected.call(Reflected.call(bundlesLoader, "getBundle"), "getBundleContext");
        for (Object bundle : (Object[]) Reflected.call(context, "getBundles")) {
            if (BUNDLE.equals(Reflected.call(bundle, "getSymbolicName"))) {
                return (Class<?>)
                        Reflected.method(bundle, "loadClass", String.class).invoke(bundle, DECODER);
            }
        }
        throw new ClassNotFoundException(DECODER);
    }
}
