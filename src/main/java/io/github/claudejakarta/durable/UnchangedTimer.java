package io.github.claudejakarta.durable;

import io.github.claudejakarta.runtime.Ticker;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Measures how long a value in the database has not changed, by this server's ticker. It judges heartbeats of other
 * servers correctly even if the clocks of the servers differ or are set.
 *
 * <p>The time begins when this server first reads the value. After a restart it begins again.
 *
 * <p>Safe for use by many threads.
 */
public final class UnchangedTimer {

    /**
     * Maximum number of values. Beyond this, the value that was read longest ago is dropped, and its time begins again.
     */
    private static final int MAX_VALUES = 10_000;

    private record Reading(Object value, long since) {}

    private final Ticker ticker;
    private final Map<Object, Reading> readings = new LinkedHashMap<>(16, 0.75f, true) {

        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, Reading> eldest) {
            return size() > MAX_VALUES;
        }
    };

    public UnchangedTimer(Ticker ticker) {
        this.ticker = ticker;
    }

    /**
     * Records the current value of a subject.
     *
     * @param subject owner of the value
     * @return time since this server first read this value without another value in between; zero for a new value
     */
    public synchronized Duration unchangedFor(Object subject, Object value) {
        long now = ticker.getAsLong();
        Reading before = readings.get(subject);
        if (before == null || !before.value().equals(value)) {
            readings.put(subject, new Reading(value, now));
            return Duration.ZERO;
        }
        return Duration.ofNanos(now - before.since());
    }
}
