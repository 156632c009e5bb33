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

/** Reads values of the configuration by type. For a value that is not of its type the error names the key. */
final class ConfigurationValues {

    /** What the server's tool has encoded, such as {@code {xor}...}; no value of ours begins so. */
    private static final Pattern ENCODED = Pattern.compile("\\{[A-Za-z][^{}]*}\\S*");

    private final Config config;
    private final Function<String, Optional<String>> decoder;

    /** @param decoder decodes a value that the server's tool has encoded; empty if it cannot */
    ConfigurationValues(Config config, Function<String, Optional<String>> decoder) {
        this.config = config;
        this.decoder = decoder;
    }

    /** Returns a text that is not blank, in clear. */
    Optional<String> text(String key) {
        return raw(key).map(value -> clear(key, value));
    }

    private Optional<String> raw(String key) {
        return value(key, String.class).filter(value -> !value.isBlank());
    }

    /** A key that is sent as it was encoded would be refused by Claude, and nobody would know why. */
    private String clear(String key, String value) {
        return ENCODED.matcher(value.strip()).matches()
                ? decoder.apply(value.strip())
                        .filter(decoded -> !decoded.isBlank())
                        .orElseThrow(() -> new IllegalArgumentException(key + " is encoded ("
                                + value.strip().replaceFirst("}.*", "}")
                                + "), and this server cannot decode it. Encode it with securityUtility for this server"
                                + " and its wlp.password.encryption.key, or set the value itself."))
                : value;
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
        return raw(key).map(value -> Stream.of(value.split(","))
                        .map(one -> clear(key, one))
                        .flatMap(one -> Stream.of(one.split(",")))
                        .map(String::strip)
                        .filter(one -> !one.isEmpty())
                        .toList())
                .orElse(List.of());
    }
}
