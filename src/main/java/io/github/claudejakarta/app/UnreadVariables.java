package io.github.claudejakarta.app;

import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import org.eclipse.microprofile.config.Config;

/**
 * Finds environment variables of ours that MicroProfile Config does not read. {@link EnvironmentVariables} reads them
 * all; it is absent where the server does not look for an application's configuration sources, and then a Turkish or
 * Azeri locale hides each key that contains an {@code i}. A server without its key would let the simulator answer.
 */
final class UnreadVariables {

    private UnreadVariables() {}

    /**
     * Checks that each variable is found under its key.
     *
     * @throws IllegalArgumentException which names the first variable that is not
     */
    static void check(Config config, Map<String, String> environment) {
        if (!EnvironmentVariables.areHiddenByLocale()) {
            // A variable that is not found is overridden by an empty value.
            return;
        }
        keys(environment).forEach((variable, key) -> {
            if (!environment.get(variable).isBlank() && !isFound(config, key)) {
                throw new IllegalArgumentException(key + ": the environment variable " + variable
                        + " is set, but MicroProfile Config does not find it in the locale " + Locale.getDefault()
                        + ". Start the JVM with -Duser.language=en, or set " + key + " as a system property.");
            }
        });
    }

    /** The keys of all variables of ours, by the variable. */
    private static SortedMap<String, String> keys(Map<String, String> environment) {
        var keys = new TreeMap<String, String>();
        ConfigurationKeys.SINGLE.forEach(key -> keys.put(ConfigurationKeys.inEnvironment(key), key));
        environment.keySet().forEach(variable -> {
            Matcher client = Settings.CLIENT_IN_ENVIRONMENT.matcher(variable);
            if (client.matches()) {
                keys.put(
                        variable,
                        ConfigurationKeys.CLIENTS.key(
                                Settings.spelled(client.group(1)), Settings.spelled(client.group(2))));
            }
        });
        keys.keySet().retainAll(environment.keySet());
        return keys;
    }

    private static boolean isFound(Config config, String key) {
        try {
            return config.getOptionalValue(key, String.class).isPresent();
        } catch (NoSuchElementException e) {
            // It was found, with an expression in it that has no value.
            return true;
        }
    }
}
