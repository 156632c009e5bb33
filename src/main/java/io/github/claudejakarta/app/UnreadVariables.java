package io.github.claudejakarta.app;

import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import org.eclipse.microprofile.config.Config;

/**
 * Finds environment variables of this application that MicroProfile Config does not read. {@link EnvironmentVariables}
 * reads them all, but a server may ignore the configuration sources of applications. Then a Turkish or Azeri locale
 * hides each key that contains an {@code i}. Without its key the server would let the simulator answer.
 */
final class UnreadVariables {

    private UnreadVariables() {}

    /**
     * Checks that each variable is found under its key.
     *
     * @throws IllegalArgumentException if a variable is not found; names the first one
     */
    static void check(Config config, Map<String, String> environment) {
        if (!EnvironmentVariables.areHiddenByLocale()) {
            // In these locales a variable that is not found is overridden by an empty value.
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

    /** Returns the key of each variable of this application that is set. */
    private static SortedMap<String, String> keys(Map<String, String> environment) {
        var keys = new TreeMap<String, String>();
        ConfigurationKeys.SINGLE.forEach(key -> keys.put(ConfigurationKeys.inEnvironment(key), key));
        environment.keySet().forEach(variable -> {
            Matcher client = Settings.CLIENT_IN_ENVIRONMENT.matcher(variable);
            if (client.matches()) {
                keys.put(
                        variable,
                        ConfigurationKeys.CLIENTS.key(
                                Settings.fromEnvironment(client.group(1)), Settings.fromEnvironment(client.group(2))));
            }
        });
        keys.keySet().retainAll(environment.keySet());
        return keys;
    }

    private static boolean isFound(Config config, String key) {
        try {
            return config.getOptionalValue(key, String.class).isPresent();
        } catch (NoSuchElementException e) {
            // The key was found. Its value contains an expression without a value.
            return true;
        }
    }
}
