package io.github.claudejakarta.usage;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tokens that one caller may use per day, over all servers. A day is a day in UTC, as in the usage. Each day has a
 * separate count.
 *
 * <p>The clock may be set back over midnight and forward again. Because each day keeps its count, no day grants its
 * tokens twice. A day that the clock showed by mistake does not reduce the tokens of another day.
 *
 * <p>Safe for use by many threads.
 */
final class DayTokens {

    /**
     * Maximum number of days whose counts are kept. A day that was dropped starts again with the count of the database.
     */
    private static final int MAX_DAYS = 4;

    private final long limit;
    private final Clock clock;
    private final Map<LocalDate, Count> days = new LinkedHashMap<>(MAX_DAYS, 0.75f, true) {

        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<LocalDate, Count> eldest) {
            return size() > MAX_DAYS;
        }
    };

    /** The tokens of one day. */
    private static final class Count {

        /** Tokens used through this server since its start. */
        private long own;
        /** The part of {@code own} that is in the database. */
        private long written;
        /** Tokens in the database, without {@code written}. */
        private long others;
    }

    DayTokens(long limit, Clock clock) {
        this.limit = limit;
        this.clock = clock;
    }

    private static LocalDate day(Instant now) {
        return LocalDate.ofInstant(now, ZoneOffset.UTC);
    }

    private Count count(LocalDate day) {
        return days.computeIfAbsent(day, first -> new Count());
    }

    private long available(Instant now) {
        Count today = count(day(now));
        return limit - today.own - today.others;
    }

    long limit() {
        return limit;
    }

    /** Returns the tokens left today. The number is less than zero if the caller has used more than the limit. */
    synchronized long available() {
        return available(clock.instant());
    }

    synchronized void consume(long tokens) {
        count(day(clock.instant())).own += tokens;
    }

    /** Records that tokens counted by this server are now in the database. */
    synchronized void addWritten(LocalDate day, long tokens) {
        count(day).written += tokens;
    }

    /**
     * Sets the tokens that the database contains for a day: written tokens of this server, and tokens of other servers
     * and of earlier starts.
     */
    synchronized void setDatabaseTokens(LocalDate day, long tokens) {
        Count count = count(day);
        count.others = tokens - count.written;
    }

    /** Returns the time until this many tokens are left: zero, or the time until midnight. */
    synchronized Duration timeUntil(long count) {
        Instant now = clock.instant();
        return available(now) >= count
                ? Duration.ZERO
                : Duration.between(
                        now, day(now).plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant());
    }
}
