package io.github.claudejakarta.simulator;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The directives of a request for the simulator, such as {@code sim:events=20 delay_us=1000 cut_at=5}.
 *
 * <p>Each {@code sim:} in a text starts a group of {@code name=value} words, separated by white space. The first other
 * word ends the group. A misspelled directive is an error: otherwise a test would pass because its fault never happens.
 *
 * @param isScripted whether the prompt had directives; if it had, they alone set the pace
 */
record Directives(Map<String, String> values, boolean isScripted) {

    /** Directives for faults. {@code times} limits how often they happen. */
    static final Set<String> FAULTS = Set.of(
            "status",
            "retry_after",
            "retry_after_ms",
            "should_retry",
            "enforced_spend_limit",
            "no_headers",
            "content_type",
            "error_first",
            "error_at",
            "error_type",
            "cut_at",
            "cut_mode",
            "truncate_at",
            "stall_at",
            "pause_at",
            "pause_us",
            "garbage",
            "in",
            "outcome");

    /** Directives for the content of the answer, and how it is sent. */
    static final Set<String> SHAPES = Set.of(
            "events",
            "size",
            "stamp",
            "utf8",
            "huge",
            "thinking",
            "tool",
            "tool_input",
            "refusal",
            "unknown",
            "first_us",
            "delay_us",
            "stop_delay_us",
            "ping_every",
            "coalesce",
            "crlf",
            "split",
            "times",
            "key",
            "continuation");

    /** Directives for a whole batch, in the prompt of its first request. */
    static final Set<String> BATCH = Set.of(
            "batch_us",
            "batch_hidden_us",
            "batch_results_hidden_us",
            "batch_status",
            "batch_lost",
            "batch_late_us",
            "batch_cut_at",
            "batch_stall_at",
            "batch_open_end",
            "batch_poll_status");

    private static final String MARK = "sim:";
    private static final int MAX_NUMBER = 1 << 20;
    private static final long MAX_MICROS = ChronoUnit.HOURS.getDuration().toMillis() * 1_000;

    Directives {
        values = Map.copyOf(values);
        for (var name : values.keySet()) {
            if (!FAULTS.contains(name) && !SHAPES.contains(name) && !BATCH.contains(name)) {
                throw new ApiError(400, "sim: unknown directive " + name + "; the directives are " + names());
            }
        }
    }

    static Directives parse(String text) {
        var values = new HashMap<String, String>();
        for (var group : groups(text)) {
            for (var word : group.trim().split("\\s+")) {
                var equals = word.indexOf('=');
                if (equals <= 0) {
                    break;
                }
                values.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        return new Directives(values, !values.isEmpty());
    }

    private static List<String> groups(String text) {
        var groups = new ArrayList<>(List.of(text.split(MARK, -1)));
        groups.remove(0);
        return groups;
    }

    private static Set<String> names() {
        var names = new TreeSet<>(FAULTS);
        names.addAll(SHAPES);
        names.addAll(BATCH);
        return names;
    }

    /** Returns these directives, and the defaults that are not set here. */
    Directives withDefaults(Directives defaults) {
        var all = new HashMap<>(defaults.values);
        all.putAll(values);
        return new Directives(all, isScripted);
    }

    Directives withoutFaults() {
        var rest = new HashMap<>(values);
        rest.keySet().removeAll(FAULTS);
        return new Directives(rest, isScripted);
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    boolean isOn(String name) {
        return has(name) && !values.get(name).equals("0");
    }

    Optional<String> text(String name) {
        var text = Optional.ofNullable(values.get(name));
        if (text.isPresent() && !text.get().matches("[\\x21-\\x7e]*")) {
            throw new ApiError(
                    400, "sim: " + name + " has characters that a header cannot have; use printable ASCII characters");
        }
        return text;
    }

    int number(String name, int defaultValue) {
        return has(name) ? (int) number(name, MAX_NUMBER, values.get(name)) : defaultValue;
    }

    /** Returns the time of a directive whose value is in microseconds. */
    Duration time(String name, Duration defaultValue) {
        return has(name) ? Duration.of(number(name, MAX_MICROS, values.get(name)), ChronoUnit.MICROS) : defaultValue;
    }

    private static long number(String name, long max, String value) {
        try {
            var number = Long.parseLong(value);
            if (number >= 0 && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The error is the same for numbers that are too large.
        }
        throw new ApiError(400, "sim: " + name + " must be a whole number from 0 to " + max);
    }
}
