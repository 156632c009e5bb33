package io.github.claudejakarta.usage;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.EstimationProbe;
import io.github.bucket4j.TimeMeter;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.Ticker;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongFunction;
import java.util.stream.Stream;

/**
 * What one caller has left of its limits.
 *
 * <p>What a message uses is known when it has ended. So a caller that has tokens left is let in, whatever it may go on
 * to use, and one that has used more than it had waits until that is made up for.
 *
 * <p>Safe for use by many threads.
 */
final class Allowance {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    /** When a stream ends nobody knows. */
    private static final Duration TRY_AGAIN = Duration.ofSeconds(5);

    private final String caller;
    private final Clock clock;
    private final Optional<AMinute> requests;
    private final Optional<AMinute> tokensPerMinute;
    private final Optional<DayTokens> tokensPerDay;
    private final OptionalLong maxStreams;
    private final AtomicLong streams = new AtomicLong();
    private final LongAdder refused = new LongAdder();

    /** What a caller may use of something, and has left. */
    private interface Quota {

        /** How much, and of what in which time: {@code 500 tokens a minute}. */
        long limit();

        String unit();

        /** Less than zero where more was used than there was. */
        long available();

        Duration untilHas(long count);

        void spend(long count);
    }

    /** What is filled up all the time. */
    private record AMinute(long limit, String unit, Bucket bucket) implements Quota {

        @Override
        public long available() {
            return bucket.getAvailableTokens();
        }

        @Override
        public Duration untilHas(long count) {
            EstimationProbe probe = bucket.estimateAbilityToConsume(count);
            return Duration.ofNanos(probe.canBeConsumed() ? 0 : probe.getNanosToWaitForRefill());
        }

        @Override
        public void spend(long count) {
            bucket.consumeIgnoringRateLimits(count);
        }
    }

    /** What begins anew with the day. */
    private record ADay(DayTokens tokens) implements Quota {

        @Override
        public long limit() {
            return tokens.limit();
        }

        @Override
        public String unit() {
            return "tokens a day";
        }

        @Override
        public long available() {
            return tokens.available();
        }

        @Override
        public Duration untilHas(long count) {
            return tokens.untilHas(count);
        }

        @Override
        public void spend(long count) {
            tokens.spend(count);
        }
    }

    /**
     * @param clock for days and for the moments in headers
     * @param ticker for minutes
     */
    Allowance(String caller, Limits limits, Clock clock, Ticker ticker) {
        this.caller = caller;
        this.clock = clock;
        requests = aMinute(limits.requestsPerMinute(), "requests a minute", ticker);
        tokensPerMinute = aMinute(limits.tokensPerMinute(), "tokens a minute", ticker);
        tokensPerDay = mapped(limits.tokensPerDay(), limit -> new DayTokens(limit, clock));
        maxStreams = limits.streams();
    }

    private static Optional<AMinute> aMinute(OptionalLong limit, String unit, Ticker ticker) {
        return mapped(
                limit,
                most -> new AMinute(
                        most,
                        unit,
                        Bucket.builder()
                                .withCustomTimePrecision(new Meter(ticker))
                                .addLimit(bandwidth -> bandwidth.capacity(most).refillGreedy(most, MINUTE))
                                .build()));
    }

    private static <T> Optional<T> mapped(OptionalLong limit, LongFunction<T> made) {
        return limit.isEmpty() ? Optional.empty() : Optional.of(made.apply(limit.getAsLong()));
    }

    /** Of which somebody else may tell what other servers have used. */
    Optional<DayTokens> tokensPerDay() {
        return tokensPerDay;
    }

    /**
     * Lets one request in.
     *
     * @param isForTokens whether it is refused where no tokens are left
     * @throws ClaudeException {@code rate_limit_error}, with when to try again
     */
    void admit(boolean isForTokens) {
        if (isForTokens) {
            ofTokens()
                    .filter(quota -> quota.available() <= 0)
                    .max(Comparator.comparing(quota -> quota.untilHas(1)))
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
        refused.increment();
        return ClaudeException.of(
                        ErrorType.RATE_LIMIT, "This request would exceed the limit of " + limit + " for " + caller)
                .withRetryAfter(retryAfter.isZero() ? Duration.ofSeconds(1) : retryAfter);
    }

    /** Returns how many requests and streams were refused since the start. */
    long refused() {
        return refused.sum();
    }

    /** @return gives the place back, once */
    Runnable takeStream() {
        if (maxStreams.isEmpty()) {
            return () -> {};
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
        if (tokens > 0) {
            ofTokens().forEach(quota -> quota.spend(tokens));
        }
    }

    /** The {@code anthropic-ratelimit-*} headers; of two limits of tokens, that which is nearer. */
    Map<String, String> headers() {
        var headers = new TreeMap<String, String>();
        requests.ifPresent(quota -> add(headers, "requests", quota));
        ofTokens().min(Comparator.comparing(Quota::available)).ifPresent(quota -> add(headers, "tokens", quota));
        return headers;
    }

    private void add(Map<String, String> headers, String what, Quota quota) {
        String prefix = "anthropic-ratelimit-" + what + "-";
        headers.put(prefix + "limit", Long.toString(quota.limit()));
        headers.put(prefix + "remaining", Long.toString(Math.max(0, quota.available())));
        headers.put(
                prefix + "reset",
                clock.instant()
                        .plus(quota.untilHas(quota.limit()))
                        .plusMillis(999)
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString());
    }

    private Stream<Quota> ofTokens() {
        return Stream.concat(tokensPerMinute.stream(), tokensPerDay.map(ADay::new).stream());
    }

    /** The ticker as buckets need it. With the wall clock a bucket would stay empty after the clock was set back. */
    private record Meter(Ticker ticker) implements TimeMeter {

        @Override
        public long currentTimeNanos() {
            return ticker.getAsLong();
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }
}
