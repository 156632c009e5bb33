package io.github.claudejakarta.app;

import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;

/**
 * Reads values of the configuration by type. A value that is not of the type causes an {@link IllegalArgumentException}
 * that names the key.
 */
final class ConfigurationValues {

    /**
     * A value that the server's tool has encoded, such as {@code {xor}...}. No valid value of this application matches.
     */
    private static final Pattern ENCODED = Pattern.compile("\\{[A-Za-z][^{}]*}\\S*");

    private final Config config;
    private final Function<String, Optional<String>> decoder;

    /**
     * Creates a reader of this configuration.
     *
     * @param decoder decodes a value that the server's tool has encoded; returns empty if it cannot
     */
    ConfigurationValues(Config config, Function<String, Optional<String>> decoder) {
        this.config = config;
        this.decoder = decoder;
    }

    /** Returns a decoded text; empty if it is blank or absent. */
    Optional<String> text(String key) {
        return raw(key).map(value -> decoded(key, value));
    }

    private Optional<String> raw(String key) {
        return value(key, String.class).filter(value -> !value.isBlank());
    }

    /** Decodes an encoded value, or fails: Claude would reject a key that is sent in its encoded form. */
    private String decoded(String key, String value) {
        return ENCODED.matcher(value.strip()).matches()
                ? decoder.apply(value.strip())
                        .filter(text -> !text.isBlank())
                        .orElseThrow(() -> new IllegalArgumentException(key + " is encoded ("
                                + value.strip().replaceFirst("}.*", "}")
                                + "), and this server cannot decode it. Encode it with securityUtility and the"
                                + " wlp.password.encryption.key of this server, or set the value itself."))
                : value;
    }

    /** Returns a URI without slashes at its end. */
    Optional<URI> uri(String key) {
        return text(key).map(value -> {
            try {
                return URI.create(value.strip().replaceAll("/+$", ""));
            } catch (IllegalArgumentException e) {
                // The message omits the value, which may contain a password.
                throw new IllegalArgumentException(key + " must be a URL: "
                        + (e.getCause() instanceof URISyntaxException syntax
                                ? syntax.getReason()
                                : "use a form such as https://host/path"));
            }
        });
    }

    int number(String key, int defaultValue) {
        return value(key, Integer.class).orElse(defaultValue);
    }

    long number(String key, long defaultValue) {
        return value(key, Long.class).orElse(defaultValue);
    }

    Duration duration(String key, Duration defaultValue) {
        return value(key, Duration.class).orElse(defaultValue);
    }

    /** Returns a constant by its name; upper and lower case do not matter. */
    <E extends Enum<E>> E choice(String key, E defaultValue) {
        return text(key)
                .map(value -> {
                    for (E constant : defaultValue.getDeclaringClass().getEnumConstants()) {
                        if (constant.name().equalsIgnoreCase(value)) {
                            return constant;
                        }
                    }
                    throw new IllegalArgumentException(key + " must be one of "
                            + List.of(defaultValue.getDeclaringClass().getEnumConstants())
                                    .toString()
                                    .toLowerCase(Locale.ROOT)
                            + ", not " + value);
                })
                .orElse(defaultValue);
    }

    <T> Optional<T> value(String key, Class<T> type) {
        try {
            return config.getOptionalValue(key, type);
        } catch (RuntimeException e) {
            // A converter may throw any exception. The message omits the value, which may be a secret.
            throw new IllegalArgumentException(key + " must be " + description(type), e);
        }
    }

    private static String description(Class<?> type) {
        if (type == Duration.class) {
            return "a duration in ISO 8601, for example PT30S";
        }
        if (type == BigDecimal.class) {
            return "a decimal number, for example 2.50";
        }
        return type == Integer.class || type == Long.class ? "a whole number" : "text";
    }

    /** Returns the elements of a list that is separated by commas. The list, or each element, may be encoded. */
    List<String> list(String key) {
        return raw(key).map(value -> Stream.of(value.split(","))
                        .map(element -> decoded(key, element))
                        .flatMap(element -> Stream.of(element.split(",")))
                        .map(String::strip)
                        .filter(element -> !element.isEmpty())
                        .toList())
                .orElse(List.of());
    }
}
