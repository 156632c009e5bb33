package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.BufferedBody;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageFields;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.durable.Lease;
import io.github.claudejakarta.durable.StoredErrors;
import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.stream.CallerRunStream;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.StreamStatus;
import io.github.claudejakarta.stream.Streams;
import io.github.claudejakarta.web.BodyReservation;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.logging.Logger;

/**
 * Makes one attempt at a job each time its task runs, as a stream on the thread of the task.
 *
 * <p>The server may die at any moment. The task then runs again, here or on another server: the job's request is sent
 * to Claude again, and {@code restarts} counts it.
 */
final class JobRunner {

    private static final Logger LOG = Logger.getLogger(JobRunner.class.getName());
    private static final Duration WRITE_RETRY = Duration.ofSeconds(1);
    private static final Duration RETRY_WITHOUT_CAPACITY = Duration.ofSeconds(10);

    private final JobStore store;
    private final Streams streams;
    private final RunningJobs running;
    private final JobSettings settings;
    private final MemoryBudget memory;
    private final JobOutcomes outcomes;

    /**
     * @param chance random numbers from 0 to 1
     * @param changed receives each changed job after the change is stored
     */
    JobRunner(
            JobStore store,
            Streams streams,
            RunningJobs running,
            JobSettings settings,
            MemoryBudget memory,
            DoubleSupplier chance,
            Consumer<Job> changed) {
        this(store, streams, running, settings, memory, chance, changed, WRITE_RETRY);
    }

    /** @param betweenWrites wait before an outcome is stored again while the database is away */
    JobRunner(
            JobStore store,
            Streams streams,
            RunningJobs running,
            JobSettings settings,
            MemoryBudget memory,
            DoubleSupplier chance,
            Consumer<Job> changed,
            Duration betweenWrites) {
        this.store = store;
        this.streams = streams;
        this.running = running;
        this.settings = settings;
        this.memory = memory;
        this.outcomes = new JobOutcomes(store, settings, chance, changed, betweenWrites);
    }

    /**
     * Runs a job.
     *
     * @return the time of the next run; empty if the job need not run again
     */
    Optional<Instant> run(TaskKey key, Lease lease) {
        Optional<DueJob> due = store.findDue(key);
        if (due.isEmpty() || lease.isLost()) {
            return Optional.empty();
        }
        if (due.get().isAbandoned()) {
            LOG.warning(() -> key.id() + " was abandoned by the server that ran it");
            if (due.get().attempts() >= settings.maxAttempts()) {
                return outcomes.endAbandoned(
                        due.get(),
                        lease,
                        StoredErrors.withKind(
                                ErrorKind.UNAVAILABLE,
                                ErrorType.API,
                                "The server stopped or died while the job ran. That was the last of "
                                        + due.get().attempts() + " attempts"));
            }
        }
        try (var reservation = new BodyReservation(memory)) {
            return run(due.get(), lease, reservation);
        }
    }

    /** Reads the request when memory for it is available. The reservation lasts until the request is released. */
    private Optional<Instant> run(DueJob due, Lease lease, BodyReservation reservation) {
        Optional<ClaudeCall> call;
        try {
            call = store.request(due.key().id(), reservation).map(request -> call(due, request, reservation));
        } catch (ClaudeException e) {
            if (e.type().equals(ErrorType.OVERLOADED)) {
                // Other work uses the memory. No request was sent, so this is not a failure.
                return Optional.of(store.now().plus(e.retryAfter().orElse(RETRY_WITHOUT_CAPACITY)));
            }
            throw e;
        }
        return call.isEmpty() ? Optional.empty() : run(due, lease, call.get());
    }

    private ClaudeCall call(DueJob due, byte[] body, BodyReservation reservation) {
        StoredHeaders headers = due.headers();
        ClaudeRequest request = ClaudeRequest.stream(new BufferedBody(body, reservation::close))
                .withHeaders(headers.forClaude())
                .withCaller(due.owner())
                .withModel(MessageFields.of(body).model())
                .withRecovery(RecoveryMode.of(headers.values().get(RecoveryMode.HEADER), settings.recovery()));
        ClaudeRequest withTimeout = headers.timeout().map(request::withTimeout).orElse(request);
        return new ClaudeCall(
                headers.correlation().map(withTimeout::withCorrelation).orElse(withTimeout));
    }

    private Optional<Instant> run(DueJob due, Lease lease, ClaudeCall call) {
        CallerRunStream streamRun;
        try {
            streamRun = streams.begin(call);
        } catch (ClaudeException e) {
            // This server has the maximum number of streams. No request was sent, so this is not a failure.
            return Optional.of(store.now().plus(e.retryAfter().orElse(RETRY_WITHOUT_CAPACITY)));
        }
        Optional<AttemptId> attemptId = Optional.empty();
        try {
            attemptId = store.begin(due, lease.token(), streamRun.stream().id());
        } finally {
            if (attemptId.isEmpty()) {
                streamRun.stream().cancel();
            }
        }
        return attemptId.isEmpty()
                ? outcomes.leave(due.key(), lease)
                : run(new JobAttempt(attemptId.get(), lease, call, streamRun, Thread.currentThread()));
    }

    private Optional<Instant> run(JobAttempt attempt) {
        ClaudeStream stream = attempt.stream();
        running.add(attempt);
        try {
            attempt.streamRun().run();
        } finally {
            running.remove(attempt);
        }
        // The interrupt has ended the stream. It must not interrupt the code that stores the outcome.
        boolean isInterrupted = Thread.interrupted();
        if (stream.status() == StreamStatus.COMPLETED) {
            return stream.messageSoFar()
                    .map(message -> outcomes.succeed(attempt, message))
                    .orElseGet(() -> outcomes.fail(
                            attempt,
                            ClaudeException.of(
                                    ErrorKind.BROKEN, ErrorType.API, "Claude's stream ended without message_start")));
        }
        if (attempt.lease().isLost()) {
            return Optional.empty();
        }
        if (isInterrupted || attempt.lease().isStopping() || attempt.streamRun().isStopped()) {
            return outcomes.requeue(
                    attempt,
                    Duration.ZERO,
                    ClaudeException.of(ErrorKind.UNAVAILABLE, ErrorType.API, "The server that ran the job has stopped"),
                    JobStore.Reason.RESTART);
        }
        if (stream.status() == StreamStatus.CANCELED) {
            return outcomes.cancel(attempt);
        }
        ClaudeException error = stream.error().orElseThrow();
        if (error.type().equals(ErrorType.OVERLOADED) && !attempt.call().wasSent()) {
            // This server had no free connection, or its circuit breaker is open.
            return outcomes.requeue(
                    attempt, error.retryAfter().orElse(RETRY_WITHOUT_CAPACITY), error, JobStore.Reason.NOT_SENT);
        }
        return outcomes.fail(attempt, error);
    }
}
