package io.github.claudejakarta.app;

import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;

/** Reads values of the configuration by type. For a value that is not of its type the error names the key. */
final class ConfigurationValues {

    private final Config config;

    ConfigurationValues(Config config) {
        this.config = config;
    }

    /** Returns a text that is not blank. */
    Optional<String> text(String key) {
        return value(key, String.class).filter(value -> !value.isBlank());
    }

    /** Returns a URI without slashes at its end. */
    Optional<URI> uri(String key) {
        return text(key).map(value -> {
            try {
                return URI.create(value.strip().replaceAll("/+$", ""));
            } catch (IllegalArgumentException e) {
                // Without the text, which may have a password in it.
                throw new IllegalArgumentException(key + " must be a URL: "
                        + (e.getCause() instanceof URISyntaxException syntax ? syntax.getReason() : "it is not one"));
            }
        });
    }

    int number(String key, int otherwise) {
        return value(key, Integer.class).orElse(otherwise);
    }

    long number(String key, long otherwise) {
        return value(key, Long.class).orElse(otherwise);
    }

    Duration duration(String key, Duration otherwise) {
        return value(key, Duration.class).orElse(otherwise);
    }

    /** Returns a constant by its name, in letters of either case. */
    <E extends Enum<E>> E choice(String key, E otherwise) {
        return text(key)
                .map(value -> {
                    for (E one : otherwise.getDeclaringClass().getEnumConstants()) {
                        if (one.name().equalsIgnoreCase(value)) {
                            return one;
                        }
                    }
                    throw new IllegalArgumentException(key + " must be one of "
                            + List.of(otherwise.getDeclaringClass().getEnumConstants())
                                    .toString()
                                    .toLowerCase(Locale.ROOT)
                            + ", not " + value);
                })
                .orElse(otherwise);
    }

    <T> Optional<T> value(String key, Class<T> type) {
        try {
            return config.getOptionalValue(key, type);
        } catch (RuntimeException e) {
            // Converters throw what they like; the value itself may be a secret and is not repeated.
            throw new IllegalArgumentException(key + " must be " + description(type), e);
        }
    }

    private static String description(Class<?> type) {
        if (type == Duration.class) {
            return "a duration in ISO 8601, as PT30S";
        }
        if (type == BigDecimal.class) {
            return "an amount";
        }
        return type == Integer.class || type == Long.class ? "a whole number" : "text";
    }

    /** Returns the parts between commas. */
    List<String> list(String key) {
        return text(key)
                .map(value -> Stream.of(value.split(","))
                        .map(String::strip)
                        .filter(one -> !one.isEmpty())
                        .toList())
                .orElse(List.of());
    }
}
