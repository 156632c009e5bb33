package io.github.claudejakarta.simulator;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.AbstractList;
import java.util.Optional;

/**
 * The text of a stream for measurements. Delta {@code i} is {@code i=<i>;<filler>}, which depends only on the
 * directives.
 *
 * <p>Each delta is generated when it is read, and not stored: a stream may have a million deltas.
 */
final class FillerText extends AbstractList<String> {

    private static final int[] PLAIN = "The quick brown fox jumps over the lazy dog, 0123456789 times. "
            .codePoints()
            .toArray();
    /**
     * Characters of two to four bytes, characters that JSON escapes, and separators that do not end a line of an event.
     */
    private static final int[] WIDE =
            "aé漢😀zß…\n\"\\𝄞 \tЖ\u2028\u0085→x".codePoints().toArray();

    private final int events;
    private final int size;
    private final int[] alphabet;
    private final boolean isHuge;
    private final Optional<Clock> stamps;

    FillerText(Directives directives, Clock clock) {
        events = directives.number("events", 5);
        size = directives.number("size", 12);
        alphabet = directives.isOn("utf8") || directives.isOn("split") ? WIDE : PLAIN;
        isHuge = directives.isOn("huge");
        stamps = directives.isOn("stamp") ? Optional.of(clock) : Optional.empty();
    }

    /** Returns whether the directives request filler text instead of readable text. */
    static boolean isWanted(Directives directives) {
        return directives.has("events")
                || directives.has("size")
                || directives.isOn("stamp")
                || directives.isOn("utf8")
                || directives.isOn("split")
                || directives.isOn("huge");
    }

    @Override
    public int size() {
        return isHuge ? events + 1 : events;
    }

    /** Returns a delta. The huge delta is an additional one, in the middle. */
    @Override
    public String get(int index) {
        if (!isHuge || index < events / 2) {
            return text(index);
        }
        return index == events / 2 ? "8 MiB...".repeat(1 << 20) : text(index - 1);
    }

    private String text(int index) {
        var text = new StringBuilder(size + 16).append("i=").append(index).append(';');
        stamps.ifPresent(
                clock -> text.append("t=").append(nanos(clock.instant())).append(';'));
        for (var position = 0; position < size; position++) {
            text.appendCodePoint(alphabet[(index + position) % alphabet.length]);
        }
        return text.toString();
    }

    private static long nanos(Instant instant) {
        return Duration.between(Instant.EPOCH, instant).toNanos();
    }
}
