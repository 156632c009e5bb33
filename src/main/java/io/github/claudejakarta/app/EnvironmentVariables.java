package io.github.claudejakarta.app;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * The environment, read by MicroProfile Config's three rules in every locale: the key itself, the key with {@code _}
 * for all other characters, and that in capital letters. The server's own source turns letters into capitals by the
 * rules of the JVM's language. In Turkish and Azeri {@code claude.api-key} becomes {@code CLAUDE_APİ_KEY}, which nobody
 * has set.
 *
 * @see <a
 *     href="https://download.eclipse.org/microprofile/microprofile-config-3.1/microprofile-config-spec-3.1.html#default_configsources.env.mapping">Environment
 *     Variables Mapping Rules</a>
 */
public final class EnvironmentVariables implements ConfigSource {

    /** The ordinal of the environment. */
    private static final int ORDINAL = 300;

    private static final String TELEMETRY = "OTEL_";

    private final Map<String, String> environment;

    /** Reads the environment of this process. */
    public EnvironmentVariables() {
        this(System.getenv());
    }

    EnvironmentVariables(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public String getValue(String key) {
        String exact = key.replaceAll("[^A-Za-z0-9_]", "_");
        return Stream.of(key, exact, exact.toUpperCase(Locale.ROOT))
                .filter(environment::containsKey)
                .findFirst()
                .map(environment::get)
                .orElse(null);
    }

    /**
     * Returns the keys of OpenTelemetry's variables where the JVM's language has capitals of its own: Liberty looks for
     * {@code otel.} among the names, and makes such names by the rules of the language too. Otherwise returns no names,
     * because the server's own source has them.
     */
    @Override
    public Set<String> getPropertyNames() {
        return !areHiddenByLocale()
                ? Set.of()
                : environment.keySet().stream()
                        .filter(name -> name.startsWith(TELEMETRY))
                        .map(name -> name.toLowerCase(Locale.ROOT).replace('_', '.'))
                        .collect(Collectors.toSet());
    }

    /**
     * Returns whether the JVM's language makes capitals of its own from the letters of keys, so that servers look for
     * other names than those in the environment.
     */
    static boolean areHiddenByLocale() {
        return !"I".equals("i".toUpperCase(Locale.getDefault()));
    }

    @Override
    public int getOrdinal() {
        return ORDINAL;
    }

    @Override
    public String getName() {
        return "environment variables (claude-jakarta)";
    }
}
