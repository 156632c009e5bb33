package io.github.claudejakarta.usage;

import io.github.claudejakarta.durable.StorableText;
import java.time.LocalDate;
import java.util.Comparator;

/**
 * By what usage is told apart.
 *
 * @param day in UTC, on which the message ended; of a batch, on which its results were read
 * @param model the one that answered
 * @param isSimulated whether a simulator answered, and not Claude
 */
record UsageKey(LocalDate day, String caller, String model, Kind kind, boolean isSimulated)
        implements Comparable<UsageKey> {

    private static final Comparator<UsageKey> ORDER = Comparator.comparing(UsageKey::day)
            .thenComparing(UsageKey::caller)
            .thenComparing(UsageKey::model)
            .thenComparing(UsageKey::kind)
            .thenComparing(UsageKey::isSimulated);
    private static final int LONGEST_NAME = 255;

    /** Names come from elsewhere: one that the database refused would keep all others' usage from being written. */
    UsageKey {
        caller = storable(caller);
        model = storable(model);
    }

    static String storable(String name) {
        return StorableText.beginning(name, LONGEST_NAME);
    }

    @Override
    public int compareTo(UsageKey other) {
        return ORDER.compare(this, other);
    }

    /** What it was for. */
    enum Kind {
        MESSAGES,
        BATCH;

        @Override
        public String toString() {
            return this == MESSAGES ? "messages" : "batch";
        }

        static Kind of(String text) {
            return text.equals("batch") ? BATCH : MESSAGES;
        }
    }
}
