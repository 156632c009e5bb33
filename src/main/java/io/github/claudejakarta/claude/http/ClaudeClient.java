package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.Watchdog;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.microprofile.faulttolerance.CircuitBreaker;
import org.eclipse.microprofile.faulttolerance.ExecutionContext;
import org.eclipse.microprofile.faulttolerance.Fallback;
import org.eclipse.microprofile.faulttolerance.FallbackHandler;
import org.eclipse.microprofile.faulttolerance.Retry;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;

/**
 * Claude over HTTP, guarded: the one way upstream, and the only place with MicroProfile Fault Tolerance annotations.
 *
 * <p>There is one guarded method, so that all calls share one circuit breaker: it is the same Claude that is well or
 * not. The annotations can be overridden by their standard keys, for example
 * {@code io.github.claudejakarta.claude.http.ClaudeClient/call/Retry/maxRetries}. There is no {@code @Bulkhead},
 * because the connection pool is one, and no {@code @Timeout}, because that cannot unblock a socket; {@link Watchdog}
 * does.
 *
 * <p>Safe for use by many threads; a call blocks its thread.
 */
@ApplicationScoped
public class ClaudeClient {

    private static final Logger LOG = Logger.getLogger(ClaudeClient.class.getName());

    /**
     * When the circuit breaker last refused a call, unless it has let another one through since; 0 for never.
     * MicroProfile does not say.
     */
    private volatile long refusedAt;

    private Transport transport;
    private Retries retries;
    private ClientSettings settings;

    /** For the container's proxy. */
    protected ClaudeClient() {}

    @Inject
    public ClaudeClient(ClientSettings settings, Watchdog watchdog) {
        this.settings = settings;
        this.transport = new Transport(settings, watchdog);
        this.retries = new Retries(() -> ThreadLocalRandom.current().nextDouble());
    }

    /**
     * Asks Claude, again where that may help, until there is an answer or, for a stream, its first event.
     *
     * @return the answer; the events of a stream are to be closed by the caller
     * @throws ClaudeException the error of the last attempt; {@code overloaded_error} (529) with {@code retry-after}
     *     while the circuit breaker is open or when no connection came free
     */
    @ObservedCall
    // The waits are ours, at the beginning of an attempt: MicroProfile's delay does not know Retry-After.
    @Retry(
            maxRetries = 2,
            delay = 0,
            jitter = 0,
            maxDuration = 0,
            retryOn = {AttemptFailure.PassingOutage.class, AttemptFailure.PassingRefusal.class})
    @CircuitBreaker(
            requestVolumeThreshold = 20,
            failureRatio = 0.5,
            delay = BREAKER_DELAY_MILLIS,
            successThreshold = 1,
            failOn = {AttemptFailure.PassingOutage.class, AttemptFailure.Outage.class})
    @Fallback(FailureFallback.class)
    public ClaudeAnswer call(ClaudeCall call) {
        refusedAt = 0;
        call.beginAttempt(retries, call.isStreaming() ? settings.readTimeout() : settings.requestTimeout());
        try {
            return transport.attempt(call);
        } catch (AttemptFailure e) {
            call.endAttempt(e.failure());
            throw e;
        }
    }

    private static final long BREAKER_DELAY_MILLIS = 10_000;
    private static final Duration BREAKER_DELAY = Duration.ofMillis(BREAKER_DELAY_MILLIS);

    /** Notes that the circuit breaker refused a call. */
    void noteRefusal() {
        refusedAt = System.nanoTime() | 1;
    }

    @PreDestroy
    void close() {
        transport.close();
    }

    /**
     * Whether the circuit breaker refused the latest call, and the next one may find it open still: later it would be
     * let through, to try.
     */
    public boolean isBreakerOpen() {
        return isBreakerOpen(System.nanoTime());
    }

    boolean isBreakerOpen(long now) {
        long refused = refusedAt;
        return refused != 0 && !Watchdog.isOver(refused, now, BREAKER_DELAY);
    }

    /**
     * Whether calls can be made at all. False once the connections have been closed, after which only a restart helps.
     */
    public boolean isUsable() {
        return transport.pool().isOpen();
    }

    /** Connections that are in use. */
    public int connectionsInUse() {
        return transport.pool().leased();
    }

    /** Connections that are kept open for later. */
    public int connectionsIdle() {
        return transport.pool().idle();
    }

    /**
     * Returns whether {@code @Retry} repeats an attempt that failed in this way. For a subclass that repeats attempts
     * itself, where there is no MicroProfile Fault Tolerance.
     */
    protected static boolean isRepeatable(RuntimeException failure) {
        return failure instanceof AttemptFailure.PassingOutage || failure instanceof AttemptFailure.PassingRefusal;
    }

    /** Returns the error for the caller of a call that failed in any way, with the kind that all attempts allow. */
    protected static ClaudeException error(ClaudeCall call, Throwable failure) {
        return call.outcome(error(failure));
    }

    private static ClaudeException error(Throwable failure) {
        if (failure instanceof AttemptFailure attempt) {
            return attempt.failure();
        }
        if (failure instanceof ClaudeException known) {
            return known;
        }
        LOG.log(Level.SEVERE, "A request to Claude failed in a way that is ours", failure);
        return ClaudeException.of(ErrorType.API, "Internal server error").withCause(failure);
    }

    /** Turns the exceptions of Fault Tolerance, and those by which it decides, into errors for the caller. */
    static class FailureFallback implements FallbackHandler<ClaudeAnswer> {

        @Override
        public ClaudeAnswer handle(ExecutionContext context) {
            if (!(context.getFailure() instanceof CircuitBreakerOpenException)) {
                throw error(context.getFailure());
            }
            throw ClaudeException.of(
                            ErrorType.OVERLOADED,
                            "Claude has failed too often in the last requests; none is sent " + "for a moment")
                    .withRetryAfter(Duration.ofMillis(BREAKER_DELAY_MILLIS))
                    .withCause(new BreakerOpen(context.getFailure()));
        }
    }
}
