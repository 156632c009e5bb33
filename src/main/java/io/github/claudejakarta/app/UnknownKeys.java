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
 * Finds configuration keys that are probably misspelt: a limit under such a key has no effect, and nothing else would
 * say so. Values are neither read nor shown.
 *
 * <p>Keys that begin with {@code claude.} are this application's. In the environment other programs have names with
 * {@code CLAUDE_} too, so a name there counts only where it begins like ours, or is nearly one of ours.
 */
final class UnknownKeys {

    private static final String PROPERTY = "claude.";
    private static final String VARIABLE = "CLAUDE_";
    /** Beginnings that no other program is known to use. */
    private static final Pattern OURS =
            Pattern.compile("CLAUDE_(BATCH|CLIENTS|CORS|JOB|POOL|PRICES|USAGE|WEBHOOKS)_.*");
    /** Claude Code's. */
    private static final Pattern OF_OTHERS = Pattern.compile("CLAUDE_(CODE_.*|CONFIG_DIR|STREAM_IDLE_TIMEOUT_MS)");
    /** Edits, in the environment, up to which a name is nearly one of ours: two in a short one, three in a long one. */
    private static final int NEARLY = 2;

    private static final int LONG = 20;
    /** Of the letters of a key a third, at most, may be wrong in a key that is suggested. */
    private static final int SUGGESTED = 3;

    private UnknownKeys() {}

    /** A known key, and how many edits it is away. */
    private record Near(String key, int edits) {}

    /** Returns one warning for each key that is unknown, in the order of the keys. */
    static List<String> warnings(Config config) {
        var warnings = new ArrayList<String>();
        Set<String> names = new TreeSet<>(names(config.getPropertyNames()));
        for (String name : names) {
            if (name.startsWith(PROPERTY) ? !isKnown(name) && !isDerived(name, names) : isVariableOfOurs(name)) {
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
     * Whether Config has made the name of an environment variable's: {@code claude.code.entrypoint} of
     * {@code CLAUDE_CODE_ENTRYPOINT}.
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

    /** Whether it is a variable for this application, and unknown. */
    private static boolean isVariableOfOurs(String name) {
        if (!name.startsWith(VARIABLE) || OF_OTHERS.matcher(name).matches() || isKnownVariable(name)) {
            return false;
        }
        return OURS.matcher(name).matches()
                || nearest(name)
                        .filter(near -> near.edits() <= (name.length() > LONG ? NEARLY + 1 : NEARLY))
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
            return " Prices cannot be set in the environment, because a model's name has characters that a variable cannot have.";
        }
        return nearest(name)
                .filter(near -> near.edits() <= name.length() / SUGGESTED)
                .map(near -> " Did you mean " + near.key() + "?")
                .orElse("");
    }

    /** The nearest key, in the spelling of the name. */
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
                                .flatMap(family -> of(family, name)))
                : Stream.concat(
                        ConfigurationKeys.single().stream().map(ConfigurationKeys::inEnvironment),
                        ofClientInEnvironment(name));
    }

    /** The keys of a family with the name that stands in the middle of this one. */
    private static Stream<String> of(Family family, String name) {
        int begin = name.indexOf('.', PROPERTY.length()) + 1;
        int end = name.lastIndexOf('.');
        return begin > 0 && end > begin
                ? family.parts().stream().map(part -> family.key(name.substring(begin, end), part))
                : Stream.of();
    }

    /**
     * The same in the environment, where a client's name may have underscores as well: any of the words in the middle
     * may be of it.
     */
    private static Stream<String> ofClientInEnvironment(String name) {
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

    /** How many characters have to be inserted, removed or replaced (Levenshtein). */
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
