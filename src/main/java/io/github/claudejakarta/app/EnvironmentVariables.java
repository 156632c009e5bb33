package io.github.claudejakarta.app;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * The environment as a configuration source that works in every locale. It reads a variable by MicroProfile Config's
 * three rules: the key itself, the key with {@code _} for all other characters, and the latter in upper case. The
 * server's own source converts to upper case by the rules of the JVM's language. In Turkish and Azeri it looks for
 * {@code CLAUDE_APİ_KEY} instead of {@code CLAUDE_API_KEY}.
 *
 * @see <a
 *     href="https://download.eclipse.org/microprofile/microprofile-config-3.1/microprofile-config-spec-3.1.html#default_configsources.env.mapping">Environment
 *     Variables Mapping Rules</a>
 */
public final class EnvironmentVariables implements ConfigSource {

    /** The ordinal that MicroProfile Config gives the environment. */
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
     * Returns the keys of OpenTelemetry's variables if the JVM's language has its own upper-case letters. Liberty looks
     * for {@code otel.} among the names, and also derives these names by the rules of the language. In other languages
     * returns no names, because the server's own source has them.
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
     * Returns whether the JVM's language converts the letters of keys to its own upper-case letters. Servers then look
     * for other names than the environment has.
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
