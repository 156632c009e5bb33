package io.github.claudejakarta.simulator;

import java.time.Duration;

/**
 * The delays of an answer.
 *
 * @param first the time from the request to the first byte of the answer
 * @param delta the time between two deltas
 * @param stop the time from the last event to the end of the body
 */
record Pace(Duration first, Duration delta, Duration stop) {

    private static final Duration REALISTIC_FIRST = Duration.ofMillis(300);
    private static final Duration REALISTIC_DELTA = Duration.ofMillis(25);

    /** Returns the delays that the directives set. A prompt without directives gets realistic delays. */
    static Pace of(Directives directives) {
        return new Pace(
                directives.time("first_us", directives.isScripted() ? Duration.ZERO : REALISTIC_FIRST),
                directives.time("delay_us", directives.isScripted() ? Duration.ZERO : REALISTIC_DELTA),
                directives.time("stop_delay_us", Duration.ZERO));
    }
}
