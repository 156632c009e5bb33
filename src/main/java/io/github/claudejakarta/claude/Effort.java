package io.github.claudejakarta.claude;

import java.util.Locale;

/** How much work Claude puts into an answer ({@code output_config.effort}). Not every model accepts every level. */
@PublicApi
public enum Effort {
    LOW,
    MEDIUM,
    HIGH,
    XHIGH,
    MAX;

    /** Returns the value in JSON, for example {@code low}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
