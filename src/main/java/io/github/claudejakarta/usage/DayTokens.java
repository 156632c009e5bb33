package io.github.claudejakarta.usage;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * The tokens that one caller may use a day, over all servers: what this one has counted, and what others have, as the database tells. A day is
 * UTC's, as that of the usage is; with it everything begins anew.
 *
 * <p>Safe for use by many threads.
 */
final class DayTokens {

    private final long limit;
    private final Clock clock;
    private LocalDate day;
    private long own;
    private long others;

    DayTokens(long limit, Clock clock) {
        this.limit = limit;
        this.clock = clock;
        this.day = today();
    }

    private LocalDate today() {
        return LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    }

    private void turnPage() {
        LocalDate today = today();
        if (!today.equals(day)) {
            day = today;
            own = 0;
            others = 0;
        }
    }

    long limit() {
        return limit;
    }

    /** Less than zero where more was used than there was. */
    synchronized long available() {
        turnPage();
        return limit - own - others;
    }

    synchronized void spend(long tokens) {
        turnPage();
        own += tokens;
    }

    /** What other servers, and this one before it was started, have used on a day; of another day than today it does not matter any more. */
    synchronized void othersHaveSpent(LocalDate on, long tokens) {
        turnPage();
        if (on.equals(day)) {
            others = tokens;
        }
    }

    /** Until there are so many again: none, or until midnight. */
    Duration untilHas(long count) {
        if (available() >= count) {
            return Duration.ZERO;
        }
        Instant now = clock.instant();
        return Duration.between(now, LocalDate.ofInstant(now, ZoneOffset.UTC).plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant());
    }
}
