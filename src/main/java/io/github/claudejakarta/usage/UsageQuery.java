package io.github.claudejakarta.usage;

import java.time.LocalDate;
import java.util.Optional;

/**
 * Which usage is asked for.
 *
 * @param from the first day
 * @param to the last
 * @param caller empty for all
 * @param model empty for all
 */
record UsageQuery(LocalDate from, LocalDate to, Optional<String> caller, Optional<String> model) {

    /** That of everybody. */
    static UsageQuery between(LocalDate from, LocalDate to) {
        return new UsageQuery(from, to, Optional.empty(), Optional.empty());
    }
}
