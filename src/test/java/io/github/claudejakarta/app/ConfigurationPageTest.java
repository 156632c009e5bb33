package io.github.claudejakarta.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.batch.BatchSettings;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.claude.http.ClientSettings;
import io.github.claudejakarta.conversation.ConversationSettings;
import io.github.claudejakarta.job.JobSettings;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.server.ApplicationServer;
import io.github.claudejakarta.stream.StreamSettings;
import io.github.claudejakarta.usage.UsageSettings;
import io.github.claudejakarta.web.BodySettings;
import io.github.claudejakarta.webhook.WebhookSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.faulttolerance.CircuitBreaker;
import org.eclipse.microprofile.faulttolerance.Retry;
import org.junit.jupiter.api.Test;

/** {@code docs/configuration.md} lists the keys that the code knows, and no others. */
class ConfigurationPageTest {

    /** The columns of a table of keys. */
    private static final String COLUMNS = "| key | environment | type | default | range | meaning |";

    private static final String FAULT_TOLERANCE = "| key after the method | type | default | meaning |";

    /** Keys that other specifications define. */
    private static final List<String> MICROPROFILE_KEYS = List.of("mp.jwt.verify.issuer", "otel.sdk.disabled");

    /** Keys that have no effect in an application with the classes jar. */
    private static final List<String> WAR_ONLY_KEYS = List.of(
            "claude.request.body-timeout",
            "claude.cors.allowed-origins",
            "claude.log.format",
            "claude.clients.<name>.key-sha256",
            "claude.clients.<name>.role",
            "mp.jwt.verify.issuer");

    /** Keys whose default depends on the machine or on other keys, so that the page describes it in words. */
    private static final List<String> DEFAULT_IN_WORDS =
            List.of("claude.stream.max-bytes", "claude.request.max-bytes", "claude.job.max-concurrent");

    private static final Pattern LITERAL = Pattern.compile("`([^`]+)`");
    private static final Pattern VARIABLE = Pattern.compile("<variable name=\"(?!env\\.)([^\"]+)\"");

    /** One row of a table; its key without the backticks. */
    private record Row(String key, List<String> cells) {

        String environment() {
            return cells.get(1);
        }

        String defaultValue() {
            return cells.get(3);
        }

        String range() {
            return cells.get(4);
        }

        String meaning() {
            return cells.get(5);
        }
    }

    @Test
    void thePageListsEachKeyOnce() throws IOException {
        assertThat(rows(COLUMNS)).extracting(Row::key).doesNotHaveDuplicates();
    }

    @Test
    void thePageListsTheKeysOfTheCode() throws IOException {
        var known = new ArrayList<>(ConfigurationKeys.single());
        ConfigurationKeys.CLIENTS.parts().forEach(part -> known.add(ConfigurationKeys.CLIENTS.key("<name>", part)));
        ConfigurationKeys.PRICES.parts().forEach(part -> known.add(ConfigurationKeys.PRICES.key("<model>", part)));
        known.addAll(MICROPROFILE_KEYS);
        known.addAll(serverVariables());

        assertThat(rows(COLUMNS))
                .extracting(Row::key)
                .containsExactlyInAnyOrderElementsOf(known.stream().distinct().toList());
    }

    @Test
    void everyKeyHasItsEnvironmentVariable() throws IOException {
        assertThat(rows(COLUMNS)).allSatisfy(row -> {
            String name = ConfigurationKeys.inEnvironment(row.key().replace("<name>", "name"))
                    .replace("CLIENTS_NAME_", "CLIENTS_<NAME>_");
            assertThat(row.environment())
                    .as(row.key())
                    .isEqualTo(row.key().startsWith(ConfigurationKeys.PRICES.prefix()) ? "–" : "`" + name + "`");
        });
    }

    @Test
    void everyKeyHasAMeaning() throws IOException {
        assertThat(rows(COLUMNS)).allSatisfy(row -> {
            assertThat(row.cells()).as(row.key()).hasSize(6);
            assertThat(row.meaning()).as(row.key()).endsWith(".");
            assertThat(row.defaultValue()).as(row.key()).isNotBlank();
        });
    }

    @Test
    void thePageMarksKeysOfTheWar() throws IOException {
        assertThat(rows(COLUMNS))
                .filteredOn(row -> row.meaning().endsWith("WAR only."))
                .extracting(Row::key)
                .containsExactlyInAnyOrderElementsOf(WAR_ONLY_KEYS);
    }

    @Test
    void thePageListsTheDefaultsOfTheCode() throws IOException {
        var defaults = defaults();
        var rows = new TreeMap<String, Row>();
        rows(COLUMNS).forEach(row -> rows.put(row.key(), row));

        assertThat(defaults).hasSizeGreaterThan(35);
        defaults.forEach((key, value) -> {
            Row row = rows.get(key);
            assertThat(row).as(key).isNotNull();
            assertThat(parsed(literal(row), value)).as(key).isEqualTo(value);
        });
        assertThat(DEFAULT_IN_WORDS)
                .allSatisfy(key -> assertThat(rows.get(key).defaultValue()).contains("of "));
    }

    @Test
    void thePageListsTheDefaultsOfServerXml() throws IOException {
        String server = Files.readString(Path.of("server.xml"));

        assertThat(rows(COLUMNS))
                .filteredOn(row -> server.contains("<variable name=\"" + row.key() + "\"")
                        && LITERAL.matcher(row.defaultValue()).matches())
                .hasSizeGreaterThan(4)
                .allSatisfy(row -> assertThat(server)
                        .contains("<variable name=\"" + row.key() + "\" defaultValue=\"" + literal(row) + "\"/>"));
    }

    @Test
    void thePageListsAnthropicsLimits() throws IOException {
        assertThat(rows(COLUMNS))
                .filteredOn(row -> row.key().startsWith("claude.batch.max-part-"))
                .hasSize(2)
                .allSatisfy(row -> assertThat(row.range()).endsWith(" to " + literal(row)));
    }

    @Test
    void thePageListsTheDefaultsOfFaultTolerance() throws Exception {
        var call = ClaudeClient.class.getMethod("call", ClaudeCall.class);
        var retry = call.getAnnotation(Retry.class);
        var breaker = call.getAnnotation(CircuitBreaker.class);
        var defaults = Map.of(
                "Retry/maxRetries", String.valueOf(retry.maxRetries()),
                "CircuitBreaker/requestVolumeThreshold", String.valueOf(breaker.requestVolumeThreshold()),
                "CircuitBreaker/failureRatio", String.valueOf(breaker.failureRatio()),
                "CircuitBreaker/delay", String.valueOf(breaker.delay()),
                "CircuitBreaker/successThreshold", String.valueOf(breaker.successThreshold()));

        var listed = new TreeMap<String, String>();
        rows(FAULT_TOLERANCE)
                .forEach(row -> listed.put(row.key(), row.cells().get(2).replace("`", "")));
        assertThat(listed).isEqualTo(defaults);
        assertThat(page()).contains("`" + ClaudeClient.class.getName() + "/call`");
    }

    /** The defaults that can be written as a value, by the key. */
    private static Map<String, Object> defaults() {
        var settings =
                new Settings(SettingsTest.config(Map.of(), key -> {}), encoded -> Optional.empty(), true, () -> true);
        var defaults = new TreeMap<String, Object>();
        defaults.put("claude.database.jndi", ApplicationServer.DATABASE);
        defaults.put("claude.log.format", settings.logFormat());
        defaults.put("claude.stream.threads", settings.threads());
        defaults.put("claude.stream.recovery", RecoverySettings.DEFAULTS.ofStreams());
        put(defaults, "claude.", ClientSettings.DEFAULTS);
        put(defaults, "claude.pool.", ClientSettings.DEFAULTS);
        put(defaults, "claude.stream.", StreamSettings.DEFAULTS);
        put(defaults, "claude.request.body-", BodySettings.DEFAULTS);
        put(defaults, "claude.batch.", BatchSettings.DEFAULTS);
        put(defaults, "claude.job.", JobSettings.DEFAULTS);
        put(defaults, "claude.webhooks.", WebhookSettings.DEFAULTS);
        put(defaults, "claude.conversation.", ConversationSettings.DEFAULTS);
        put(defaults, "claude.usage.", UsageSettings.DEFAULTS);
        return defaults;
    }

    /** Puts the components of a record whose names, after the prefix, are keys. */
    private static void put(Map<String, Object> defaults, String prefix, Record settings) {
        Arrays.stream(settings.getClass().getRecordComponents()).forEach(component -> {
            String key =
                    prefix + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
            Class<?> type = component.getType();
            boolean isValue = type.isPrimitive() || type.isEnum() || type == Duration.class || type == String.class;
            if (isValue && ConfigurationKeys.SINGLE.contains(key) && !DEFAULT_IN_WORDS.contains(key)) {
                try {
                    defaults.put(key, component.getAccessor().invoke(settings));
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
    }

    private static String literal(Row row) {
        var literal = LITERAL.matcher(row.defaultValue());
        assertThat(literal.matches())
                .as(row.key() + " has one value as its default: " + row.defaultValue())
                .isTrue();
        return literal.group(1);
    }

    /** Returns the text as the type of a value. */
    private static Object parsed(String text, Object value) {
        if (value instanceof Duration) {
            return Duration.parse(text);
        }
        if (value instanceof Integer) {
            return Integer.valueOf(text);
        }
        if (value instanceof Long) {
            return Long.valueOf(text);
        }
        if (value instanceof Enum<?> constant && constant.name().equalsIgnoreCase(text)) {
            return constant;
        }
        return text;
    }

    private static List<String> serverVariables() throws IOException {
        return VARIABLE.matcher(Files.readString(Path.of("server.xml")))
                .results()
                .map(MatchResult::group)
                .map(element -> element.replaceAll(".*\"(.*)\"", "$1"))
                .toList();
    }

    /** Returns the rows of all tables with these columns. */
    private static List<Row> rows(String columns) throws IOException {
        var rows = new ArrayList<Row>();
        boolean isWithin = false;
        for (String line : page().split("\n")) {
            if (line.equals(columns)) {
                isWithin = true;
            } else if (!line.startsWith("|")) {
                isWithin = false;
            } else if (isWithin && !line.startsWith("|---")) {
                List<String> cells = cells(line);
                rows.add(new Row(cells.get(0).replace("`", ""), cells));
            }
        }
        assertThat(rows).isNotEmpty();
        return rows;
    }

    private static List<String> cells(String line) {
        return Stream.of(line.substring(1, line.lastIndexOf('|')).split("\\|"))
                .map(String::strip)
                .toList();
    }

    private static String page() throws IOException {
        return Files.readString(Path.of("docs", "configuration.md"));
    }
}
