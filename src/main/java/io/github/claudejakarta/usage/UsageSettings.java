package io.github.claudejakarta.usage;

import java.time.Duration;
import java.util.Map;

/**
 * The settings of limits and usage.
 *
 * @param limits of the callers that have limits, by name
 * @param retention how long usage is stored ({@code claude.usage.retention})
 */
public record UsageSettings(Map<String, Limits> limits, Duration retention) {

    /** The default settings. */
    public static final UsageSettings DEFAULTS = new UsageSettings(Map.of(), Duration.ofDays(400));

    public UsageSettings {
        limits = Map.copyOf(limits);
        if (retention.toDays() < 1) {
            throw new IllegalArgumentException("claude.usage.retention must be a day or longer");
        }
    }
}
