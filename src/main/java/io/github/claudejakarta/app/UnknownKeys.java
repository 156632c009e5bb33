package io.github.claudejakarta.app;

import io.github.claudejakarta.app.ConfigurationKeys.Family;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Finds configuration keys that are probably misspelt. A limit under such a key has no effect, and nothing else reports
 * that. Values are neither read nor shown.
 *
 * <p>All keys that begin with {@code claude.} belong to this application. In the environment other programs also have
 * names that begin with {@code CLAUDE_}. Therefore a variable counts only if its prefix is used by this application
 * alone, or if its name is similar to a known one.
 */
final class UnknownKeys {

    private static final String PROPERTY = "claude.";
    private static final String VARIABLE = "CLAUDE_";
    /** Prefixes that no other program is known to use. */
    private static final Pattern OURS =
            Pattern.compile("CLAUDE_(BATCH|CLIENTS|CORS|JOB|POOL|PRICES|USAGE|WEBHOOKS)_.*");
    /** Variables of Claude Code. */
    private static final Pattern CLAUDE_CODE = Pattern.compile("CLAUDE_(CODE_.*|CONFIG_DIR|STREAM_IDLE_TIMEOUT_MS)");
    /**
     * The maximum number of edits between a short variable and a similar known one. A long variable may have one more.
     */
    private static final int SIMILAR_EDITS = 2;

    /** Variables with more characters are long. */
    private static final int LONG = 20;
    /** A suggestion differs in at most this fraction of the key's characters: one third. */
    private static final int SUGGESTION_FRACTION = 3;

    private UnknownKeys() {}

    /** A known key, and the number of edits to it. */
    private record Near(String key, int edits) {}

    /** Returns one warning for each unknown key, sorted by key. */
    static List<String> warnings(Config config) {
        var warnings = new ArrayList<String>();
        Set<String> names = new TreeSet<>(names(config.getPropertyNames()));
        for (String name : names) {
            if (name.startsWith(PROPERTY) ? !isKnown(name) && !isDerived(name, names) : isUnknownVariable(name)) {
                warnings.add("Unknown configuration key " + name + source(config, name) + " has no effect."
                        + suggestion(name));
            }
        }
        return warnings;
    }

    private static List<String> names(Iterable<String> names) {
        return StreamSupport.stream(names.spliterator(), false).toList();
    }

    /**
     * Returns whether MicroProfile Config has derived the key from an environment variable:
     * {@code claude.code.entrypoint} from {@code CLAUDE_CODE_ENTRYPOINT}.
     */
    private static boolean isDerived(String key, Set<String> names) {
        return names.contains(ConfigurationKeys.inEnvironment(key));
    }

    private static boolean isKnown(String key) {
        return ConfigurationKeys.single().contains(key)
                || Stream.of(ConfigurationKeys.CLIENTS, ConfigurationKeys.PRICES)
                        .anyMatch(family -> family.parts().stream()
                                .anyMatch(part -> key.startsWith(family.prefix())
                                        && key.endsWith("." + part)
                                        && key.length() > family.key("", part).length()));
    }

    /** Returns whether the variable is meant for this application, and unknown. */
    private static boolean isUnknownVariable(String name) {
        if (!name.startsWith(VARIABLE) || CLAUDE_CODE.matcher(name).matches() || isKnownVariable(name)) {
            return false;
        }
        return OURS.matcher(name).matches()
                || nearest(name)
                        .filter(near -> near.edits() <= (name.length() > LONG ? SIMILAR_EDITS + 1 : SIMILAR_EDITS))
                        .isPresent();
    }

    private static boolean isKnownVariable(String name) {
        String prefix = ConfigurationKeys.inEnvironment(ConfigurationKeys.CLIENTS.prefix());
        return ConfigurationKeys.single().stream()
                        .map(ConfigurationKeys::inEnvironment)
                        .anyMatch(name::equals)
                || ConfigurationKeys.CLIENTS.parts().stream()
                        .map(part -> ConfigurationKeys.inEnvironment("." + part))
                        .anyMatch(end -> name.startsWith(prefix)
                                && name.endsWith(end)
                                && name.length() > prefix.length() + end.length());
    }

    private static String source(Config config, String name) {
        for (ConfigSource source : config.getConfigSources()) {
            if (source.getPropertyNames().contains(name)) {
                return " (" + source.getName() + ")";
            }
        }
        return "";
    }

    private static String suggestion(String name) {
        if (name.startsWith(ConfigurationKeys.inEnvironment(ConfigurationKeys.PRICES.prefix()))) {
            return " Prices cannot be set in the environment: model names have characters that variables cannot have."
                    + " Set them in a configuration file or as system properties.";
        }
        return nearest(name)
                .filter(near -> near.edits() <= name.length() / SUGGESTION_FRACTION)
                .map(near -> " Did you mean " + near.key() + "?")
                .orElse("");
    }

    /** Returns the known key with the fewest edits, in the spelling of the name. */
    private static Optional<Near> nearest(String name) {
        return candidates(name)
                .map(key -> new Near(key, edits(name, key)))
                .min(Comparator.comparingInt(Near::edits).thenComparing(Near::key));
    }

    private static Stream<String> candidates(String name) {
        return name.startsWith(PROPERTY)
                ? Stream.concat(
                        ConfigurationKeys.single().stream(),
                        Stream.of(ConfigurationKeys.CLIENTS, ConfigurationKeys.PRICES)
                                .flatMap(family -> keysOf(family, name)))
                : Stream.concat(
                        ConfigurationKeys.single().stream().map(ConfigurationKeys::inEnvironment),
                        clientVariables(name));
    }

    /** Returns the keys of a family, with the client or model that this name has in its middle. */
    private static Stream<String> keysOf(Family family, String name) {
        int begin = name.indexOf('.', PROPERTY.length()) + 1;
        int end = name.lastIndexOf('.');
        return begin > 0 && end > begin
                ? family.parts().stream().map(part -> family.key(name.substring(begin, end), part))
                : Stream.of();
    }

    /**
     * Returns the variables of clients, with each client that this variable may mean. A client's name may have
     * underscores: any number of the words in the middle may belong to it.
     */
    private static Stream<String> clientVariables(String name) {
        String[] words = name.split("_");
        var candidates = new ArrayList<String>();
        for (int end = 3; end < words.length; end++) {
            String client = String.join("_", Arrays.copyOfRange(words, 2, end));
            ConfigurationKeys.CLIENTS
                    .parts()
                    .forEach(part -> candidates.add(
                            ConfigurationKeys.inEnvironment(ConfigurationKeys.CLIENTS.key(client, part))));
        }
        return candidates.stream();
    }

    /** Returns how many characters have to be inserted, removed or replaced (Levenshtein distance). */
    static int edits(String from, String to) {
        var row = new int[to.length() + 1];
        Arrays.setAll(row, i -> i);
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.length()];
    }
}
