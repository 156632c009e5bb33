package io.github.claudejakarta.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.http.CallOutcome;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.simulator.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of the limits of callers. The clock is at 09:30:00.123456789 on 21 November. */
class RateLimitsTest {

    private static final OptionalLong NONE = OptionalLong.empty();

    private final SettableClock clock = new SettableClock();
    private final AtomicLong ticks = new AtomicLong();

    @Test
    void aCallerWithoutLimitsIsNotLimited() {
        RateLimits limits =
                limits(new Limits(OptionalLong.of(1), OptionalLong.of(1), OptionalLong.of(1), OptionalLong.of(1)));

        for (int i = 0; i < 100; i++) {
            limits.admit("bob", true);
            limits.acquire("bob");
            spend(limits, "bob", tokens(1_000_000, 0));
        }
        assertThat(limits.headers("bob")).isEmpty();
    }

    @Test
    void requestsPerMinuteAreLimited() {
        RateLimits limits = limits(new Limits(OptionalLong.of(3), NONE, NONE, NONE));

        limits.admit("alice", true);
        limits.admit("alice", false);
        assertThat(limits.headers("alice"))
                .containsOnly(
                        Map.entry("anthropic-ratelimit-requests-limit", "3"),
                        Map.entry("anthropic-ratelimit-requests-remaining", "1"),
                        Map.entry("anthropic-ratelimit-requests-reset", "2026-11-21T09:30:41Z"));
        limits.admit("alice", true);

        ClaudeException refused = refused(() -> limits.admit("alice", true));
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.type()).isEqualTo(ErrorType.RATE_LIMIT);
        assertThat(refused.errorMessage()).contains("3 requests a minute").contains("alice");
        assertThat(refused.retryAfter()).contains(Duration.ofSeconds(20));
        refused(() -> limits.admit("alice", false));

        pass(Duration.ofSeconds(20).minusNanos(1));
        refused(() -> limits.admit("alice", true));
        pass(Duration.ofNanos(1));
        limits.admit("alice", true);
        refused(() -> limits.admit("alice", true));
        pass(Duration.ofHours(1));
        for (int i = 0; i < 3; i++) {
            limits.admit("alice", true);
        }
        refused(() -> limits.admit("alice", true));
    }

    @Test
    void aRequestRejectedForItsTokensDoesNotCountAsRequest() {
        RateLimits limits = limits(new Limits(OptionalLong.of(1), NONE, OptionalLong.of(100), NONE));
        spend(limits, "alice", tokens(60, 40));

        for (int i = 0; i < 5; i++) {
            refused(() -> limits.admit("alice", true));
        }

        assertThat(limits.headers("alice")).containsEntry("anthropic-ratelimit-requests-remaining", "1");
    }

    @Test
    void tokensPerMinuteAreLimited() {
        RateLimits limits = limits(new Limits(NONE, NONE, OptionalLong.of(600), NONE));

        limits.admit("alice", true);
        spend(limits, "alice", tokens(300, 299));
        limits.admit("alice", true);
        assertThat(limits.headers("alice"))
                .containsOnly(
                        Map.entry("anthropic-ratelimit-tokens-limit", "600"),
                        Map.entry("anthropic-ratelimit-tokens-remaining", "1"),
                        Map.entry("anthropic-ratelimit-tokens-reset", "2026-11-21T09:31:01Z"));
        spend(limits, "alice", tokens(1, 300));

        assertThat(limits.headers("alice")).containsEntry("anthropic-ratelimit-tokens-remaining", "0");
        // The caller used 300 tokens more than its limit, and needs one token to continue.
        assertThat(refused(() -> limits.admit("alice", true)).retryAfter().orElseThrow())
                .isEqualTo(Duration.ofMillis(30_100));
        assertThatCode(() -> limits.admit("alice", false)).doesNotThrowAnyException();

        pass(Duration.ofMillis(30_099));
        refused(() -> limits.admit("alice", true));
        pass(Duration.ofMillis(1));
        limits.admit("alice", true);
    }

    @Test
    void tokensReadFromTheCacheDoNotCount() {
        RateLimits limits = limits(new Limits(NONE, NONE, OptionalLong.of(1000), NONE));

        spend(limits, "alice", new Tokens(1, 20, 300, 400, 100_000));

        assertThat(limits.headers("alice")).containsEntry("anthropic-ratelimit-tokens-remaining", "279");
    }

    @Test
    void tokensPerDayRefillAtMidnight() {
        RateLimits limits = limits(new Limits(NONE, NONE, NONE, OptionalLong.of(1000)));

        spend(limits, "alice", tokens(1000, 0));

        Duration untilMidnight = Duration.between(clock.instant(), Instant.parse("2026-11-22T00:00:00Z"));
        assertThat(refused(() -> limits.admit("alice", true)).retryAfter().orElseThrow())
                .isEqualTo(untilMidnight);
        pass(untilMidnight.minusNanos(1));
        refused(() -> limits.admit("alice", true));
        pass(Duration.ofNanos(1));
        limits.admit("alice", true);
        assertThat(limits.headers("alice")).containsEntry("anthropic-ratelimit-tokens-remaining", "1000");
    }

    @Test
    void tokensUsedBeyondTheDailyLimitDoNotCountAfterMidnight() {
        RateLimits limits = limits(new Limits(NONE, NONE, NONE, OptionalLong.of(1000)));
        spend(limits, "alice", tokens(1_000_000, 0));
        assertThat(limits.headers("alice")).containsEntry("anthropic-ratelimit-tokens-remaining", "0");

        pass(Duration.ofDays(1));

        assertThat(limits.headers("alice")).containsEntry("anthropic-ratelimit-tokens-remaining", "1000");
    }

    @Test
    void headersShowTheTokenLimitWithFewerTokensLeft() {
        RateLimits limits = limits(new Limits(NONE, NONE, OptionalLong.of(500), OptionalLong.of(700)));

        spend(limits, "alice", tokens(100, 0));
        assertThat(limits.headers("alice"))
                .containsEntry("anthropic-ratelimit-tokens-limit", "500")
                .containsEntry("anthropic-ratelimit-tokens-remaining", "400");
        pass(Duration.ofMinutes(1));
        spend(limits, "alice", tokens(300, 0));
        pass(Duration.ofMinutes(1));

        assertThat(limits.headers("alice"))
                .containsEntry("anthropic-ratelimit-tokens-limit", "700")
                .containsEntry("anthropic-ratelimit-tokens-remaining", "300");
    }

    @Test
    void tokensOfOtherServersCountForTheDayOnly() {
        RateLimits limits = limits(new Limits(NONE, NONE, OptionalLong.of(500), OptionalLong.of(700)));

        LocalDate today = LocalDate.of(2026, 11, 21);
        limits.tokensPerDay().get("alice").setDatabaseTokens(today, 100);
        limits.tokensPerDay().get("alice").setDatabaseTokens(today, 650);
        limits.tokensPerDay().get("alice").setDatabaseTokens(today.minusDays(1), 700);

        assertThat(limits.headers("alice")).containsEntry("anthropic-ratelimit-tokens-remaining", "50");
        pass(Duration.ofDays(1));
        assertThat(limits.headers("alice")).containsEntry("anthropic-ratelimit-tokens-remaining", "500");
    }

    /** The wall clock is set, forward or back. The bucket still fills at the same rate. */
    @ParameterizedTest
    @ValueSource(longs = {-86_400 * 365, -3_600, -1, 1, 3_600, 86_400 * 365})
    void minutesDoNotDependOnTheWallClock(long seconds) {
        RateLimits limits = limits(new Limits(OptionalLong.of(3), NONE, OptionalLong.of(600), NONE));
        for (int i = 0; i < 3; i++) {
            limits.admit("alice", true);
        }
        spend(limits, "alice", tokens(600, 0));

        clock.advance(Duration.ofSeconds(seconds));

        assertThat(limits.headers("alice"))
                .containsEntry("anthropic-ratelimit-requests-remaining", "0")
                .containsEntry("anthropic-ratelimit-tokens-remaining", "0")
                .containsEntry(
                        "anthropic-ratelimit-tokens-reset",
                        clock.instant()
                                .plusSeconds(61)
                                .truncatedTo(ChronoUnit.SECONDS)
                                .toString());
        assertThat(refused(() -> limits.admit("alice", false)).retryAfter()).contains(Duration.ofSeconds(20));
        pass(Duration.ofSeconds(20).minusNanos(1));
        refused(() -> limits.admit("alice", false));
        pass(Duration.ofNanos(1));
        limits.admit("alice", true);
    }

    /**
     * The tokens of 21 November are used up. A short time on the 22nd does not restore them, and they refill at
     * midnight.
     */
    @Test
    void aClockSetBackOverMidnightGrantsNoDayTwice() {
        RateLimits limits = limits(new Limits(NONE, NONE, NONE, OptionalLong.of(1000)));
        spend(limits, "alice", tokens(1000, 0));
        pass(Duration.ofHours(14).plusMinutes(40));
        limits.admit("alice", true);
        spend(limits, "alice", tokens(300, 0));

        clock.advance(Duration.ofMinutes(-20));

        assertThat(clock.instant()).isBefore(Instant.parse("2026-11-22T00:00:00Z"));
        assertThat(refused(() -> limits.admit("alice", true)).retryAfter())
                .contains(Duration.between(clock.instant(), Instant.parse("2026-11-22T00:00:00Z")));
        pass(Duration.ofMinutes(20));
        assertThat(limits.headers("alice")).containsEntry("anthropic-ratelimit-tokens-remaining", "700");
    }

    /** Tokens used while the clock was wrong count only for the wrong day. */
    @Test
    void aClockThatWasFarAheadBlocksNoCaller() {
        RateLimits limits = limits(new Limits(NONE, NONE, NONE, OptionalLong.of(1000)));
        spend(limits, "alice", tokens(400, 0));
        clock.advance(Duration.ofDays(3_650));
        spend(limits, "alice", tokens(1_000_000, 0));
        refused(() -> limits.admit("alice", true));

        clock.advance(Duration.ofDays(-3_650));

        limits.admit("alice", true);
        assertThat(limits.headers("alice")).containsEntry("anthropic-ratelimit-tokens-remaining", "600");
        pass(Duration.ofDays(1));
        assertThat(limits.headers("alice")).containsEntry("anthropic-ratelimit-tokens-remaining", "1000");
    }

    @Test
    void concurrentStreamsAreLimited() {
        RateLimits limits = limits(new Limits(NONE, OptionalLong.of(2), NONE, NONE));

        Runnable first = limits.acquire("alice");
        limits.acquire("alice");
        ClaudeException refused = refused(() -> limits.acquire("alice"));
        assertThat(refused.errorMessage()).contains("2 concurrent streams");
        assertThat(refused.retryAfter()).isPresent();

        first.run();
        first.run();
        limits.acquire("alice");
        refused(() -> limits.acquire("alice"));
        assertThat(limits.headers("alice")).isEmpty();
    }

    @Test
    void aMessageWithoutTokensUsesNoLimit() {
        RateLimits limits = limits(new Limits(NONE, NONE, OptionalLong.of(10), NONE));

        limits.begin(new ClaudeCall(ClaudeRequest.models().withCaller("alice"))).accept(outcome(Optional.empty()));
        spend(limits, "alice", Tokens.NONE);

        assertThat(limits.headers("alice")).containsEntry("anthropic-ratelimit-tokens-remaining", "10");
    }

    /** Advances the wall clock and the ticker. */
    private void pass(Duration time) {
        clock.advance(time);
        ticks.addAndGet(time.toNanos());
    }

    private RateLimits limits(Limits alices) {
        return new RateLimits(new UsageSettings(Map.of("alice", alices), Duration.ofDays(30)), clock, ticks::get);
    }

    private static ClaudeException refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        ClaudeException refusal = catchThrowableOfType(ClaudeException.class, call);
        assertThat(refusal).isNotNull();
        return refusal;
    }

    private static void spend(RateLimits limits, String caller, Tokens tokens) {
        limits.begin(new ClaudeCall(
                        ClaudeRequest.stream(RequestBody.of(new byte[0])).withCaller(caller)))
                .accept(outcome(Optional.of(tokens)));
    }

    private static Tokens tokens(long input, long output) {
        return new Tokens(input, output, 0, 0, 0);
    }

    private static CallOutcome outcome(Optional<Tokens> tokens) {
        return new CallOutcome(
                200,
                Optional.empty(),
                Optional.empty(),
                1,
                Optional.empty(),
                Optional.of("claude"),
                tokens,
                Optional.empty(),
                Optional.empty(),
                Duration.ZERO,
                false);
    }
}
