package io.github.claudejakarta.app;

import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.config.Config;

/**
 * Finds keys of MicroProfile Fault Tolerance that have no effect. Fault Tolerance reads the configuration of the class
 * loader that has this project's classes. With the classes jar in the {@code lib} of an EAR, this is the EAR's class
 * loader. It does not see the {@code microprofile-config.properties} of a WAR in the EAR.
 */
final class FaultToleranceKeys {

    private static final String OURS = "io.github.claudejakarta.";
    /** Global keys, such as {@code Retry/maxRetries}. */
    private static final String GLOBAL =
            "(Asynchronous|Bulkhead|CircuitBreaker|Fallback|Retry|Timeout)/\\w+|MP_Fault_Tolerance_\\w+";

    private FaultToleranceKeys() {}

    /**
     * Returns one warning for each key without effect, sorted by key.
     *
     * @param application the configuration of the application
     * @param classes the configuration of the class loader that has this project's classes
     */
    static List<String> warnings(Config application, Config classes) {
        return names(application)
                .filter(FaultToleranceKeys::isFaultToleranceKey)
                .filter(key -> !value(application, key).equals(value(classes, key)))
                .sorted()
                .map(key -> "The configuration key " + key + " has no effect in the WAR of an EAR. Set it in a"
                        + " META-INF/microprofile-config.properties in a jar of the EAR's lib, in the environment, or"
                        + " as a variable of the server.")
                .toList();
    }

    private static Stream<String> names(Config config) {
        return StreamSupport.stream(config.getPropertyNames().spliterator(), false);
    }

    private static boolean isFaultToleranceKey(String key) {
        return key.startsWith(OURS) && key.contains("/") || key.matches(GLOBAL);
    }

    private static String value(Config config, String key) {
        return String.valueOf(config.getConfigValue(key).getRawValue());
    }
}
