package io.github.claudejakarta.it.operations;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The table of alerts in docs/operations.md, by alert name. */
final class AlertTable {

    private static final String HEADING = "## Alerts";
    private static final Pattern ROW = Pattern.compile("\\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|");
    private static final Pattern CONDITION = Pattern.compile("`([a-z_.]+)(?:\\{([a-z_.]+)=\"([^\"]+)\"})?`"
            + " (?:(increases)|= ([\\d.]+)|> ([\\d.]+)(?: % of `([a-z_.]+)`)?).*");

    private AlertTable() {}

    /** The value of a metric, by the name and at most one attribute of its series. */
    record Series(String metric, Optional<Map.Entry<String, String>> attribute) {

        boolean has(Map<String, String> attributes) {
            return attribute
                    .filter(wanted -> !wanted.getValue().equals(attributes.get(wanted.getKey())))
                    .isEmpty();
        }
    }

    /**
     * The condition of an alert in the table: the series increases, equals a value, or exceeds a value or a percentage
     * of another metric. The duration is not part of it.
     */
    record Condition(Series series, String operator, double value, Optional<String> of) {

        static Optional<Condition> parse(String text) {
            Matcher matcher = CONDITION.matcher(text);
            if (!matcher.matches()) {
                return Optional.empty();
            }
            var series = new Series(
                    matcher.group(1),
                    Optional.ofNullable(matcher.group(2)).map(key -> Map.entry(key, matcher.group(3))));
            String operator = matcher.group(4) != null ? "increases" : matcher.group(5) != null ? "=" : ">";
            String value = operator.equals("=") ? matcher.group(5) : operator.equals(">") ? matcher.group(6) : "0";
            return Optional.of(
                    new Condition(series, operator, Double.parseDouble(value), Optional.ofNullable(matcher.group(7))));
        }

        /**
         * Returns whether the condition is met.
         *
         * @param before the value before the test caused the alert
         * @param values reads a value; empty while the metric is not reported
         */
        boolean isMet(Optional<Double> before, Function<Series, Optional<Double>> values) {
            Optional<Double> now = values.apply(series);
            if (now.isEmpty()) {
                return false;
            }
            return switch (operator) {
                case "increases" -> now.get() > before.orElse(0.0);
                case "=" -> now.get() == value;
                default ->
                    now.get()
                            > of.map(whole -> values.apply(new Series(whole, Optional.empty()))
                                                    .orElseThrow()
                                            * value
                                            / 100)
                                    .orElse(value);
            };
        }
    }

    /** The conditions as text, by alert name, in the order of the table. */
    static Map<String, String> conditions() {
        try {
            List<String> lines = Files.readAllLines(Path.of("docs", "operations.md"));
            int heading = lines.indexOf(HEADING);
            return lines.subList(heading + 1, lines.size()).stream()
                    .takeWhile(line -> !line.startsWith("## "))
                    .map(ROW::matcher)
                    .filter(Matcher::matches)
                    .filter(row -> !row.group(1).matches("alert|-+"))
                    .collect(Collectors.toMap(
                            row -> row.group(1), row -> row.group(2), (one, other) -> one, LinkedHashMap::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The names of all metrics in the table of docs/observability.md. */
    static Collection<String> documentedMetrics() {
        try {
            String text = Files.readString(Path.of("docs", "observability.md"));
            return Pattern.compile("(?m)^\\| `((?:claude|gen_ai)\\.[a-z_.]+)` \\| (?:gauge|counter|histogram)")
                    .matcher(text)
                    .results()
                    .map(match -> match.group(1))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
