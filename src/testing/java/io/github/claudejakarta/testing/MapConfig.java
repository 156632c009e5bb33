package io.github.claudejakarta.testing;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigValue;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.eclipse.microprofile.config.spi.Converter;

/**
 * A configuration that has only the values of a map. System properties and environment variables cannot influence a
 * test.
 */
final class MapConfig implements Config {

    private static final Map<Class<?>, Function<String, ?>> CONVERTERS = Map.of(
            String.class, Function.identity(),
            Integer.class, Integer::valueOf,
            Long.class, Long::valueOf,
            Boolean.class, Boolean::valueOf,
            BigDecimal.class, BigDecimal::new,
            Duration.class, Duration::parse);

    private final Map<String, String> values;

    MapConfig(Map<String, String> values) {
        this.values = Map.copyOf(values);
    }

    @Override
    public <T> T getValue(String name, Class<T> type) {
        return getOptionalValue(name, type)
                .orElseThrow(
                        () -> new NoSuchElementException("The configuration of ClaudeBeans has no value for " + name));
    }

    @Override
    public <T> Optional<T> getOptionalValue(String name, Class<T> type) {
        Function<String, ?> converter = CONVERTERS.get(type);
        if (converter == null) {
            throw new IllegalArgumentException(
                    "The configuration of ClaudeBeans has no converter to " + type.getName());
        }
        return Optional.ofNullable(values.get(name))
                .filter(value -> !value.isEmpty())
                .map(String::strip)
                .map(converter)
                .map(type::cast);
    }

    @Override
    public Iterable<String> getPropertyNames() {
        return values.keySet();
    }

    @Override
    public Iterable<ConfigSource> getConfigSources() {
        return List.of(new Source(values));
    }

    @Override
    public ConfigValue getConfigValue(String name) {
        throw unsupported();
    }

    @Override
    public <T> Optional<Converter<T>> getConverter(Class<T> type) {
        throw unsupported();
    }

    @Override
    public <T> T unwrap(Class<T> type) {
        throw unsupported();
    }

    private static UnsupportedOperationException unsupported() {
        return new UnsupportedOperationException("The configuration of ClaudeBeans reads values only by name and type");
    }

    private record Source(Map<String, String> values) implements ConfigSource {

        @Override
        public Set<String> getPropertyNames() {
            return values.keySet();
        }

        @Override
        public String getValue(String name) {
            return values.get(name);
        }

        @Override
        public String getName() {
            return "settings of the test";
        }
    }
}
