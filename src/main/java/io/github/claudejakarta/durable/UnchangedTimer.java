package io.github.claudejakarta.durable;

import io.github.claudejakarta.runtime.Ticker;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Measures how long a value in the database has not changed, by this server's ticker. With it a sign of life of another
 * server can be judged although the clocks of the two differ, or are set meanwhile.
 *
 * <p>The time begins when this server first sees the value, so after a restart it begins again.
 *
 * <p>Safe for use by many threads.
 */
public final class UnchangedTimer {

    /** The value that was looked at longest ago is dropped beyond this; its time begins again. */
    private static final int MAX_VALUES = 10_000;

    private record Seen(Object value, long since) {}

    private final Ticker ticker;
    private final Map<Object, Seen> seen = new LinkedHashMap<>(16, 0.75f, true) {

        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, Seen> eldest) {
            return size() > MAX_VALUES;
        }
    };

    public UnchangedTimer(Ticker ticker) {
        this.ticker = ticker;
    }

    /**
     * Looks at a value.
     *
     * @param subject whose value it is
     * @return since this server first saw this value, without another in between; zero for a new one
     */
    public synchronized Duration look(Object subject, Object value) {
        long now = ticker.getAsLong();
        Seen before = seen.get(subject);
        if (before == null || !before.value().equals(value)) {
            seen.put(subject, new Seen(value, now));
            return Duration.ZERO;
        }
        return Duration.ofNanos(now - before.since());
    }
}
