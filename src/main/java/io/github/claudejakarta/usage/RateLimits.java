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
 * The limits of all callers that have any. Each server counts for itself, but for the day's tokens, of which it learns
 * from the database what others have used.
 *
 * <p>Safe for use by many threads.
 */
@ApplicationScoped
public class RateLimits implements StreamQuota, RequestQuota, CallObserver {

    private static final Runnable NOTHING = () -> {};

    private Map<String, Allowance> allowances = Map.of();
    private Map<String, DayTokens> perDay = Map.of();

    /** For the container's proxy. */
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

    /** The {@code anthropic-ratelimit-*} headers of a caller; empty where it has no limits. */
    public Map<String, String> headers(String caller) {
        return of(caller).map(Allowance::headers).orElse(Map.of());
    }

    @Override
    public Runnable acquire(String caller) {
        return of(caller).map(Allowance::takeStream).orElse(NOTHING);
    }

    @Override
    public Consumer<CallOutcome> begin(ClaudeCall call) {
        return outcome -> outcome.tokens()
                .ifPresent(
                        tokens -> of(call.request().caller()).ifPresent(allowance -> allowance.spend(counted(tokens))));
    }

    /** Returns how many requests and streams this server refused since its start, of each caller with limits. */
    public Map<String, Long> refused() {
        return allowances.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, one -> one.getValue().refused()));
    }

    /** Who may use so many tokens a day. */
    Map<String, DayTokens> tokensPerDay() {
        return perDay;
    }

    /** What is read from the cache does not count, nor does it for Anthropic. */
    static long counted(Tokens tokens) {
        return tokens.input() + tokens.cacheWrite() + tokens.cacheWrite1h() + tokens.output();
    }

    private Optional<Allowance> of(String caller) {
        return Optional.ofNullable(allowances.get(caller));
    }
}
