package io.github.claudejakarta.observe;

import io.github.claudejakarta.batch.PartEnded;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Prices;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.http.CallObserver;
import io.github.claudejakarta.claude.http.CallOutcome;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.usage.UsageSettings;
import io.github.claudejakarta.web.Clients;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.math.BigDecimal;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * Counts for metrics, for each caller since this server started: requests by status class, rate limits of Claude,
 * tokens and cost. Configured callers are counted by name, and so are up to {@value #MAX_OTHERS} other callers.
 *
 * <p>Safe for use by many threads. A request needs a few additions; a relayed event needs none.
 */
@ApplicationScoped
public class CallerCounts implements CallObserver {

    /** The caller of requests that were rejected before their caller was known. */
    static final String UNKNOWN = "(unknown)";

    static final int MAX_OTHERS = 100;

    private final Map<String, OfCaller> callers = new ConcurrentHashMap<>();
    private BoundedNames names;
    private Prices prices;

    /** Creates an object for the container's proxy. */
    protected CallerCounts() {}

    @Inject
    public CallerCounts(Clients clients, UsageSettings limits, Prices prices) {
        Set<String> configured = new HashSet<>(clients.names());
        configured.addAll(limits.limits().keySet());
        configured.add(UNKNOWN);
        this.names = new BoundedNames(configured, MAX_OTHERS);
        this.prices = prices;
    }

    /** The counts of one caller. */
    static final class OfCaller {

        private final Map<String, LongAdder> answered = new ConcurrentHashMap<>();
        private final LongAdder limitedByClaude = new LongAdder();
        private final LongAdder input = new LongAdder();
        private final LongAdder output = new LongAdder();
        private final DoubleAdder cost = new DoubleAdder();

        /** Returns the number of requests by status class: {@code 2xx}, {@code 4xx} and so on. */
        Map<String, LongAdder> answered() {
            return answered;
        }

        /** Returns the number of calls to Claude that ended with {@code rate_limit_error} after all retries. */
        long limitedByClaude() {
            return limitedByClaude.sum();
        }

        /** Returns the input tokens, including the tokens of the cache. */
        long input() {
            return input.sum();
        }

        /** Returns the output tokens. */
        long output() {
            return output.sum();
        }

        /** Returns the cost in the currency of {@code claude.prices}. Models without prices do not count. */
        double cost() {
            return cost.sum();
        }

        private void addUsage(Tokens tokens, Optional<BigDecimal> amount) {
            input.add(CallerCounts.input(tokens));
            output.add(tokens.output());
            amount.ifPresent(value -> cost.add(value.doubleValue()));
        }
    }

    /** Returns the input tokens including the tokens of the cache, as OpenTelemetry's conventions count them. */
    static long input(Tokens used) {
        return used.input() + used.cacheWrite() + used.cacheWrite1h() + used.cacheRead();
    }

    /** Returns the counts by caller. */
    Map<String, OfCaller> callers() {
        return Collections.unmodifiableMap(callers);
    }

    /**
     * Counts a request that has ended.
     *
     * @param caller null for a request that was rejected before its caller was known
     */
    void answered(String caller, int status) {
        of(caller == null ? UNKNOWN : caller)
                .answered
                .computeIfAbsent(status / 100 + "xx", key -> new LongAdder())
                .increment();
    }

    @Override
    public Consumer<CallOutcome> begin(ClaudeCall call) {
        return outcome -> {
            outcome.tokens()
                    .ifPresent(tokens -> of(call.request().caller())
                            .addUsage(tokens, prices.ofMessages(outcome.model().orElse(""), tokens)));
            if (outcome.error().filter(ErrorType.RATE_LIMIT.value()::equals).isPresent()) {
                of(call.request().caller()).limitedByClaude.increment();
            }
        };
    }

    void partEnded(@Observes PartEnded part) {
        part.used()
                .forEach((model, tokens) -> of(part.batch().owner()).addUsage(tokens, prices.ofBatch(model, tokens)));
    }

    private OfCaller of(String caller) {
        return callers.computeIfAbsent(names.of(caller), name -> new OfCaller());
    }
}
