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
 * The rest of one caller's limits.
 *
 * <p>The number of tokens that a message uses is known only at its end. Therefore a caller with at least one token left
 * is admitted. A caller that has used more than its limit waits until the limit has refilled.
 *
 * <p>Safe for use by many threads.
 */
final class Allowance {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    /** The retry-after for the limit of streams. The end of a stream cannot be predicted. */
    private static final Duration STREAM_RETRY = Duration.ofSeconds(5);

    private final String caller;
    private final Clock clock;
    private final Optional<PerMinute> requests;
    private final Optional<PerMinute> tokensPerMinute;
    private final Optional<DayTokens> tokensPerDay;
    private final OptionalLong maxStreams;
    private final AtomicLong streams = new AtomicLong();
    private final LongAdder rejected = new LongAdder();

    /** A limit of a caller for one quantity, and the rest of it. */
    private interface Quota {

        /** Returns the number in the limit, such as 500 for {@code 500 tokens a minute}. */
        long limit();

        String unit();

        /** Returns the rest. It is less than zero if the caller has used more than the limit. */
        long available();

        Duration timeUntil(long count);

        void consume(long count);
    }

    /** A limit per minute, which refills continuously. */
    private record PerMinute(long limit, String unit, Bucket bucket) implements Quota {

        @Override
        public long available() {
            return bucket.getAvailableTokens();
        }

        @Override
        public Duration timeUntil(long count) {
            EstimationProbe probe = bucket.estimateAbilityToConsume(count);
            return Duration.ofNanos(probe.canBeConsumed() ? 0 : probe.getNanosToWaitForRefill());
        }

        @Override
        public void consume(long count) {
            bucket.consumeIgnoringRateLimits(count);
        }
    }

    /** A limit per day, which refills at midnight in UTC. */
    private record PerDay(DayTokens tokens) implements Quota {

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
        public Duration timeUntil(long count) {
            return tokens.timeUntil(count);
        }

        @Override
        public void consume(long count) {
            tokens.consume(count);
        }
    }

    /**
     * @param clock for days and for the times in headers
     * @param ticker for minutes
     */
    Allowance(String caller, Limits limits, Clock clock, Ticker ticker) {
        this.caller = caller;
        this.clock = clock;
        requests = perMinute(limits.requestsPerMinute(), "requests a minute", ticker);
        tokensPerMinute = perMinute(limits.tokensPerMinute(), "tokens a minute", ticker);
        tokensPerDay = map(limits.tokensPerDay(), limit -> new DayTokens(limit, clock));
        maxStreams = limits.streams();
    }

    private static Optional<PerMinute> perMinute(OptionalLong limit, String unit, Ticker ticker) {
        return map(
                limit,
                most -> new PerMinute(
                        most,
                        unit,
                        Bucket.builder()
                                .withCustomTimePrecision(new Meter(ticker))
                                .addLimit(bandwidth -> bandwidth.capacity(most).refillGreedy(most, MINUTE))
                                .build()));
    }

    private static <T> Optional<T> map(OptionalLong limit, LongFunction<T> made) {
        return limit.isEmpty() ? Optional.empty() : Optional.of(made.apply(limit.getAsLong()));
    }

    /** Returns the limit of tokens per day, to which the usage of other servers is added. */
    Optional<DayTokens> tokensPerDay() {
        return tokensPerDay;
    }

    /**
     * Admits one request.
     *
     * @param isForTokens whether the request is rejected if no tokens are left
     * @throws ClaudeException {@code rate_limit_error} with {@code retry-after}
     */
    void admit(boolean isForTokens) {
        if (isForTokens) {
            tokenQuotas()
                    .filter(quota -> quota.available() <= 0)
                    .max(Comparator.comparing(quota -> quota.timeUntil(1)))
                    .ifPresent(quota -> {
                        throw exceeded(quota);
                    });
        }
        requests.filter(quota -> !quota.bucket().tryConsume(1)).ifPresent(quota -> {
            throw exceeded(quota);
        });
    }

    private ClaudeException exceeded(Quota quota) {
        return exceeded(quota.limit() + " " + quota.unit(), quota.timeUntil(1));
    }

    private ClaudeException exceeded(String limit, Duration retryAfter) {
        rejected.increment();
        return ClaudeException.of(
                        ErrorType.RATE_LIMIT, "This request would exceed the limit of " + limit + " for " + caller)
                .withRetryAfter(retryAfter.isZero() ? Duration.ofSeconds(1) : retryAfter);
    }

    /** Returns the number of requests and streams that were rejected since the start. */
    long rejected() {
        return rejected.sum();
    }

    /**
     * Admits one stream.
     *
     * @return releases the stream; has an effect once
     * @throws ClaudeException {@code rate_limit_error} with {@code retry-after}
     */
    Runnable admitStream() {
        if (maxStreams.isEmpty()) {
            return () -> {};
        }
        if (streams.incrementAndGet() > maxStreams.getAsLong()) {
            streams.decrementAndGet();
            throw exceeded(maxStreams.getAsLong() + " concurrent streams", STREAM_RETRY);
        }
        var isTaken = new AtomicBoolean(true);
        return () -> {
            if (isTaken.compareAndSet(true, false)) {
                streams.decrementAndGet();
            }
        };
    }

    /** Counts the tokens that a message has used. */
    void consume(long tokens) {
        if (tokens > 0) {
            tokenQuotas().forEach(quota -> quota.consume(tokens));
        }
    }

    /**
     * Returns the {@code anthropic-ratelimit-*} headers. If both token limits are set, the headers show the limit with
     * fewer tokens left.
     */
    Map<String, String> headers() {
        var headers = new TreeMap<String, String>();
        requests.ifPresent(quota -> add(headers, "requests", quota));
        tokenQuotas().min(Comparator.comparing(Quota::available)).ifPresent(quota -> add(headers, "tokens", quota));
        return headers;
    }

    private void add(Map<String, String> headers, String what, Quota quota) {
        String prefix = "anthropic-ratelimit-" + what + "-";
        headers.put(prefix + "limit", Long.toString(quota.limit()));
        headers.put(prefix + "remaining", Long.toString(Math.max(0, quota.available())));
        headers.put(
                prefix + "reset",
                clock.instant()
                        .plus(quota.timeUntil(quota.limit()))
                        .plusMillis(999)
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString());
    }

    private Stream<Quota> tokenQuotas() {
        return Stream.concat(tokensPerMinute.stream(), tokensPerDay.map(PerDay::new).stream());
    }

    /** Adapts the ticker to buckets. With the wall clock a bucket would stay empty after the clock was set back. */
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
