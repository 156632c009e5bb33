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
 * Sends all calls to Claude, with retries and a circuit breaker. It is the only class with MicroProfile Fault Tolerance
 * annotations.
 *
 * <p>All calls go through one guarded method and share one circuit breaker, because they depend on the same service.
 * The annotations can be overridden by their standard keys, for example
 * {@code io.github.claudejakarta.claude.http.ClaudeClient/call/Retry/maxRetries}. The method has no {@code @Bulkhead},
 * because the connection pool limits concurrent calls. It has no {@code @Timeout}, because {@code @Timeout} cannot
 * unblock a socket; {@link Watchdog} does.
 *
 * <p>Safe for use by many threads; a call blocks its thread.
 */
@ApplicationScoped
public class ClaudeClient {

    private static final Logger LOG = Logger.getLogger(ClaudeClient.class.getName());

    /**
     * The time when the circuit breaker last rejected a call; 0 if it has let a call through since, or never rejected
     * one. MicroProfile has no method that returns the state of the breaker.
     */
    private volatile long refusedAt;

    private Transport transport;
    private Retries retries;
    private ClientSettings settings;

    /** For the proxy of the CDI container. */
    protected ClaudeClient() {}

    @Inject
    public ClaudeClient(ClientSettings settings, Watchdog watchdog) {
        this.settings = settings;
        this.transport = new Transport(settings, watchdog);
        this.retries = new Retries(() -> ThreadLocalRandom.current().nextDouble());
    }

    /**
     * Sends a request to Claude and retries it if a retry may help. Returns when the answer has arrived or, for a
     * stream, its first event.
     *
     * @return the answer; the caller closes the events of a stream
     * @throws ClaudeException the error of the last attempt; {@code overloaded_error} (529) with {@code retry-after}
     *     while the circuit breaker is open, or if no connection became free
     */
    @ObservedCall
    // Each attempt waits at its beginning instead: MicroProfile's delay ignores Retry-After.
    @Retry(
            maxRetries = 2,
            delay = 0,
            jitter = 0,
            maxDuration = 0,
            retryOn = {AttemptFailure.TransientOutage.class, AttemptFailure.TransientRefusal.class})
    @CircuitBreaker(
            requestVolumeThreshold = 20,
            failureRatio = 0.5,
            delay = BREAKER_DELAY_MILLIS,
            successThreshold = 1,
            failOn = {AttemptFailure.TransientOutage.class, AttemptFailure.Outage.class})
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

    /** Records that the circuit breaker rejected a call. */
    void recordRefusal() {
        refusedAt = System.nanoTime() | 1;
    }

    @PreDestroy
    void close() {
        transport.close();
    }

    /**
     * Whether the circuit breaker rejected the latest call and may still be open. After its delay it lets a call
     * through as a trial.
     */
    public boolean isBreakerOpen() {
        return isBreakerOpen(System.nanoTime());
    }

    boolean isBreakerOpen(long now) {
        long refused = refusedAt;
        return refused != 0 && !Watchdog.isExceeded(refused, now, BREAKER_DELAY);
    }

    /** Whether calls can be made. False after the connections were closed; then only a restart helps. */
    public boolean isUsable() {
        return transport.pool().isOpen();
    }

    /** Returns the number of connections in use. */
    public int connectionsInUse() {
        return transport.pool().leased();
    }

    /** Returns the number of idle connections, which are kept open. */
    public int connectionsIdle() {
        return transport.pool().idle();
    }

    /**
     * Returns whether {@code @Retry} repeats an attempt that failed in this way. For a subclass that repeats attempts
     * itself, without MicroProfile Fault Tolerance.
     */
    protected static boolean isRepeatable(RuntimeException failure) {
        return failure instanceof AttemptFailure.TransientOutage || failure instanceof AttemptFailure.TransientRefusal;
    }

    /** Returns the error for the caller of a call that failed. Its kind takes all attempts into account. */
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
        LOG.log(Level.SEVERE, "A request to Claude failed because of a fault in this server", failure);
        return ClaudeException.of(ErrorType.API, "Internal server error").withCause(failure);
    }

    /** Converts the exceptions of Fault Tolerance and of the attempts to errors for the caller. */
    static class FailureFallback implements FallbackHandler<ClaudeAnswer> {

        @Override
        public ClaudeAnswer handle(ExecutionContext context) {
            if (!(context.getFailure() instanceof CircuitBreakerOpenException)) {
                throw error(context.getFailure());
            }
            throw ClaudeException.of(
                            ErrorType.OVERLOADED,
                            "The circuit breaker is open: too many recent requests to Claude failed. Retry in "
                                    + BREAKER_DELAY.toSeconds() + " s.")
                    .withRetryAfter(Duration.ofMillis(BREAKER_DELAY_MILLIS))
                    .withCause(new BreakerOpen(context.getFailure()));
        }
    }
}
