package io.github.claudejakarta.usage;

import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.http.CallObserver;
import io.github.claudejakarta.claude.http.CallOutcome;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.runtime.Ticker;
import io.github.claudejakarta.web.Internal;
import io.github.claudejakarta.web.RequestQuota;
import io.github.claudejakarta.web.StreamQuota;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Applies the limits of all callers that have limits. Each server has its own counts, except for tokens per day: it
 * reads the tokens used through other servers from the database.
 *
 * <p>Safe for use by many threads.
 */
@ApplicationScoped
public class RateLimits implements StreamQuota, RequestQuota, CallObserver {

    private static final Runnable NO_RELEASE = () -> {};

    private Map<String, Allowance> allowances = Map.of();
    private Map<String, DayTokens> perDay = Map.of();

    /** Required by the container's proxy. */
    protected RateLimits() {}

    @Inject
    public RateLimits(UsageSettings settings, @Internal Clock clock, Ticker ticker) {
        allowances = settings.limits().entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, limit -> new Allowance(limit.getKey(), limit.getValue(), clock, ticker)));
        perDay = allowances.entrySet().stream()
                .filter(one -> one.getValue().tokensPerDay().isPresent())
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, one -> one.getValue().tokensPerDay().get()));
    }

    @Override
    public void admit(String caller, boolean isForTokens) {
        of(caller).ifPresent(allowance -> allowance.admit(isForTokens));
    }

    /** Returns the {@code anthropic-ratelimit-*} headers of a caller. Empty if the caller has no limits. */
    public Map<String, String> headers(String caller) {
        return of(caller).map(Allowance::headers).orElse(Map.of());
    }

    @Override
    public Runnable acquire(String caller) {
        return of(caller).map(Allowance::admitStream).orElse(NO_RELEASE);
    }

    @Override
    public Consumer<CallOutcome> begin(ClaudeCall call) {
        return outcome -> outcome.tokens()
                .ifPresent(tokens ->
                        of(call.request().caller()).ifPresent(allowance -> allowance.consume(limitedTokens(tokens))));
    }

    /**
     * Returns the number of requests and streams that this server rejected since its start, for each caller with
     * limits.
     */
    public Map<String, Long> rejected() {
        return allowances.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, one -> one.getValue().rejected()));
    }

    /** Returns the callers with a limit of tokens per day, and their tokens. */
    Map<String, DayTokens> tokensPerDay() {
        return perDay;
    }

    /**
     * Returns the tokens that count towards limits. As in Anthropic's limits, tokens read from the cache do not count.
     */
    static long limitedTokens(Tokens tokens) {
        return tokens.input() + tokens.cacheWrite() + tokens.cacheWrite1h() + tokens.output();
    }

    private Optional<Allowance> of(String caller) {
        return Optional.ofNullable(allowances.get(caller));
    }
}
