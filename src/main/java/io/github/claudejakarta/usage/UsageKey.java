package io.github.claudejakarta.usage;

import io.github.claudejakarta.durable.StorableText;
import java.time.LocalDate;
import java.util.Comparator;

/**
 * The dimensions of usage.
 *
 * @param day in UTC on which the message ended; for a batch, on which its results were read
 * @param model that answered
 * @param isSimulated whether a simulator answered and not Claude
 */
record UsageKey(LocalDate day, String caller, String model, Kind kind, boolean isSimulated)
        implements Comparable<UsageKey> {

    private static final Comparator<UsageKey> ORDER = Comparator.comparing(UsageKey::day)
            .thenComparing(UsageKey::caller)
            .thenComparing(UsageKey::model)
            .thenComparing(UsageKey::kind)
            .thenComparing(UsageKey::isSimulated);
    private static final int MAX_NAME = 255;

    /**
     * Makes the names storable, because they are from other systems. A name that the database rejects would prevent the
     * usage of all callers from being written.
     */
    UsageKey {
        caller = storable(caller);
        model = storable(model);
    }

    static String storable(String name) {
        return StorableText.beginning(name, MAX_NAME);
    }

    @Override
    public int compareTo(UsageKey other) {
        return ORDER.compare(this, other);
    }

    /** The kind of request. */
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
