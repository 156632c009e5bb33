package io.github.claudejakarta.simulator;

import java.time.Duration;

/**
 * When things happen.
 *
 * @param first from the request to the answer's beginning
 * @param delta from one delta to the next
 * @param stop from the last event to the end of the body
 */
record Pace(Duration first, Duration delta, Duration stop) {

    private static final Duration REALISTIC_FIRST = Duration.ofMillis(300);
    private static final Duration REALISTIC_DELTA = Duration.ofMillis(25);

    /** A prompt with directives is as fast as they say, any other as Claude is. */
    static Pace of(Directives directives) {
        return new Pace(
                directives.time("first_us", directives.isScripted() ? Duration.ZERO : REALISTIC_FIRST),
                directives.time("delay_us", directives.isScripted() ? Duration.ZERO : REALISTIC_DELTA),
                directives.time("stop_delay_us", Duration.ZERO));
    }
}
