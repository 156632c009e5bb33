package io.github.claudejakarta.usage;

import java.time.LocalDate;
import java.util.Optional;

/**
 * A query for usage.
 *
 * @param from the first day
 * @param to the last day
 * @param caller empty for all callers
 * @param model empty for all models
 */
record UsageQuery(LocalDate from, LocalDate to, Optional<String> caller, Optional<String> model) {

    /** Returns a query for all callers and models. */
    static UsageQuery between(LocalDate from, LocalDate to) {
        return new UsageQuery(from, to, Optional.empty(), Optional.empty());
    }
}
