package io.github.claudejakarta.usage;

import java.time.Duration;
import java.util.Map;

/**
 * @param limits of those callers that have any, by their names
 * @param retention how long it is kept what was used ({@code claude.usage.retention})
 */
public record UsageSettings(Map<String, Limits> limits, Duration retention) {

    /** The settings where the configuration says nothing. */
    public static final UsageSettings DEFAULTS = new UsageSettings(Map.of(), Duration.ofDays(400));

    public UsageSettings {
        limits = Map.copyOf(limits);
        if (retention.toDays() < 1) {
            throw new IllegalArgumentException("claude.usage.retention must be a day or longer");
        }
    }
}
