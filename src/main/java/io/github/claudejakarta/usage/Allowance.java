package io.github.claudejakarta.usage;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.EstimationProbe;
import io.github.bucket4j.TimeMeter;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * What one caller has left of its limits.
 *
 * <p>What a message uses is known when it has ended. So a caller that has tokens left is let in, whatever it may go on to use, and one that
 * has used more than it had waits until that is made up for.
 *
 * <p>Safe for use by many threads.
 */
final class Allowance {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration DAY = Duration.ofDays(1);
    /** When a stream ends nobody knows. */
    private static final Duration TRY_AGAIN = Duration.ofSeconds(5);

    private final String caller;
    private final Clock clock;
    private final Optional<Quota> requests;
    private final Optional<Quota> tokensPerMinute;
    private final Optional<Quota> tokensPerDay;
    private final OptionalLong maxStreams;
    private final AtomicLong streams = new AtomicLong();

    /** A bucket, and how much it holds. */
    private record Quota(long limit, String unit, Bucket bucket) {

        boolean isEmpty() {
            return bucket.getAvailableTokens() <= 0;
        }

        long remaining() {
            return Math.max(0, bucket.getAvailableTokens());
        }

        Duration untilHas(long count) {
            EstimationProbe probe = bucket.estimateAbilityToConsume(count);
            return Duration.ofNanos(probe.canBeConsumed() ? 0 : probe.getNanosToWaitForRefill());
        }
    }

    Allowance(String caller, Limits limits, Clock clock) {
        this.caller = caller;
        this.clock = clock;
        requests = quota(limits.requestsPerMinute(), "requests a minute", this::aMinute);
        tokensPerMinute = quota(limits.tokensPerMinute(), "tokens a minute", this::aMinute);
        tokensPerDay = quota(limits.tokensPerDay(), "tokens a day", this::aDay);
        maxStreams = limits.streams();
    }

    private interface Filling {
        Bucket bucket(long limit);
    }

    private static Optional<Quota> quota(OptionalLong limit, String unit, Filling filling) {
        return limit.isEmpty() ? Optional.empty()
            : Optional.of(new Quota(limit.getAsLong(), unit, filling.bucket(limit.getAsLong())));
    }

    private Bucket aMinute(long limit) {
        return Bucket.builder().withCustomTimePrecision(new ClockMeter(clock))
            .addLimit(bandwidth -> bandwidth.capacity(limit).refillGreedy(limit, MINUTE)).build();
    }

    /** Filled anew at midnight, as the day of the usage is UTC's. */
    private Bucket aDay(long limit) {
        Instant midnight = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
        return Bucket.builder().withCustomTimePrecision(new ClockMeter(clock))
            .addLimit(bandwidth -> bandwidth.capacity(limit).refillIntervallyAligned(limit, DAY, midnight).initialTokens(limit)).build();
    }

    /**
     * Lets one request in.
     *
     * @param isForTokens whether it is refused where no tokens are left
     * @throws ClaudeException {@code rate_limit_error}, with when to try again
     */
    void admit(boolean isForTokens) {
        if (isForTokens) {
            quotas(tokensPerMinute, tokensPerDay).filter(Quota::isEmpty).max(Comparator.comparing(quota -> quota.untilHas(1)))
                .ifPresent(quota -> {
                    throw exceeded(quota);
                });
        }
        requests.filter(quota -> !quota.bucket().tryConsume(1)).ifPresent(quota -> {
            throw exceeded(quota);
        });
    }

    private ClaudeException exceeded(Quota quota) {
        return exceeded(quota.limit() + " " + quota.unit(), quota.untilHas(1));
    }

    private ClaudeException exceeded(String limit, Duration retryAfter) {
        return ClaudeException.of(ErrorType.RATE_LIMIT, "This request would exceed the limit of " + limit + " for " + caller)
            .withRetryAfter(retryAfter.isZero() ? Duration.ofSeconds(1) : retryAfter);
    }

    /** @return gives the place back, once */
    Runnable takeStream() {
        if (maxStreams.isEmpty()) {
            return () -> { };
        }
        if (streams.incrementAndGet() > maxStreams.getAsLong()) {
            streams.decrementAndGet();
            throw exceeded(maxStreams.getAsLong() + " streams at once", TRY_AGAIN);
        }
        var isTaken = new AtomicBoolean(true);
        return () -> {
            if (isTaken.compareAndSet(true, false)) {
                streams.decrementAndGet();
            }
        };
    }

    /** What a message has used. */
    void spend(long tokens) {
        spend(tokensPerMinute, tokens);
        spend(tokensPerDay, tokens);
    }

    /** What was used today before this server was there. */
    void spendOfDay(long tokens) {
        spend(tokensPerDay, tokens);
    }

    private static void spend(Optional<Quota> quota, long tokens) {
        if (tokens > 0) {
            quota.ifPresent(one -> one.bucket().consumeIgnoringRateLimits(tokens));
        }
    }

    /** The {@code anthropic-ratelimit-*} headers; of two limits of tokens, that which is nearer. */
    Map<String, String> headers() {
        var headers = new TreeMap<String, String>();
        requests.ifPresent(quota -> add(headers, "requests", quota));
        quotas(tokensPerMinute, tokensPerDay).min(Comparator.comparing(Quota::remaining)).ifPresent(quota -> add(headers, "tokens", quota));
        return headers;
    }

    private void add(Map<String, String> headers, String what, Quota quota) {
        String prefix = "anthropic-ratelimit-" + what + "-";
        headers.put(prefix + "limit", Long.toString(quota.limit()));
        headers.put(prefix + "remaining", Long.toString(quota.remaining()));
        headers.put(prefix + "reset", clock.instant().plus(quota.untilHas(quota.limit())).plusMillis(999).truncatedTo(ChronoUnit.SECONDS).toString());
    }

    private static Stream<Quota> quotas(Optional<Quota> one, Optional<Quota> other) {
        return Stream.concat(one.stream(), other.stream());
    }

    /** The application's clock, as buckets want it. */
    private record ClockMeter(Clock clock) implements TimeMeter {

        @Override
        public long currentTimeNanos() {
            Instant now = clock.instant();
            return Math.addExact(Math.multiplyExact(now.getEpochSecond(), 1_000_000_000L), now.getNano());
        }

        @Override
        public boolean isWallClockBased() {
            return true;
        }
    }
}
