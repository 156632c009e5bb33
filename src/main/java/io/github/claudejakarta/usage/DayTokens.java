package io.github.claudejakarta.usage;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tokens that one caller may use per day, over all servers. A day is a day in UTC, as in the usage; each day has
 * its own tokens.
 *
 * <p>The clock may be set back over midnight and forward again. Therefore each day keeps its own count: no day gives
 * its tokens twice, and a day that the clock showed by mistake takes nothing from another day.
 *
 * <p>Safe for use by many threads.
 */
final class DayTokens {

    /** Days whose counts are kept. A day that was dropped starts with the count of the database. */
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

        /** Used through this server since its start. */
        private long own;
        /** The part of {@code own} that is in the database. */
        private long written;
        /** In the database, except for {@code written}. */
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

    /** Less than zero where more was used than there was. */
    synchronized long available() {
        return available(clock.instant());
    }

    synchronized void spend(long tokens) {
        count(day(clock.instant())).own += tokens;
    }

    /** Notes that tokens which this server has counted are in the database now. */
    synchronized void wrote(LocalDate day, long tokens) {
        count(day).written += tokens;
    }

    /**
     * Takes over what the database has for a day: this server's tokens that are written, and those of other servers and
     * of earlier starts.
     */
    synchronized void databaseHas(LocalDate day, long tokens) {
        Count count = count(day);
        count.others = tokens - count.written;
    }

    /** How long until there are this many tokens again: zero, or until midnight. */
    synchronized Duration untilHas(long count) {
        Instant now = clock.instant();
        return available(now) >= count
                ? Duration.ZERO
                : Duration.between(
                        now, day(now).plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant());
    }
}
