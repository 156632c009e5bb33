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
 * Makes one attempt at a job each time it is run, as a stream that it carries on its own thread.
 *
 * <p>It may die at any moment and be run again, here or on another server: then the job is asked for once more, and
 * says so.
 */
final class JobRunner {

    private static final Logger LOG = Logger.getLogger(JobRunner.class.getName());
    private static final Duration BETWEEN_WRITES = Duration.ofSeconds(1);
    private static final Duration NO_ROOM = Duration.ofSeconds(10);

    private final JobStore store;
    private final Streams streams;
    private final RunningJobs running;
    private final JobSettings settings;
    private final MemoryBudget memory;
    private final JobOutcomes outcomes;

    /**
     * @param chance numbers from 0 to 1
     * @param changed is told of each change, after it is stored
     */
    JobRunner(
            JobStore store,
            Streams streams,
            RunningJobs running,
            JobSettings settings,
            MemoryBudget memory,
            DoubleSupplier chance,
            Consumer<Job> changed) {
        this(store, streams, running, settings, memory, chance, changed, BETWEEN_WRITES);
    }

    /** @param betweenWrites how long after a database that was away */
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

    /** @return when it has to be run again; empty where it need not */
    Optional<Instant> run(TaskKey key, Lease lease) {
        Optional<DueJob> due = store.findDue(key);
        if (due.isEmpty() || lease.isLost()) {
            return Optional.empty();
        }
        if (due.get().isLeftBehind()) {
            LOG.warning(() -> key.id() + " was left behind by the server that ran it");
            if (due.get().attempts() >= settings.maxAttempts()) {
                return outcomes.giveUp(
                        due.get(),
                        lease,
                        StoredErrors.withKind(
                                ErrorKind.UNAVAILABLE,
                                ErrorType.API,
                                "The server stopped or died while it ran, and there were "
                                        + due.get().attempts() + " attempts"));
            }
        }
        try (var room = new BodyReservation(memory)) {
            return run(due.get(), lease, room);
        }
    }

    /** A request is read once there is memory for it, and takes that until it is forgotten. */
    private Optional<Instant> run(DueJob due, Lease lease, BodyReservation room) {
        Optional<ClaudeCall> call;
        try {
            call = store.request(due.key().id(), room).map(request -> call(due, request, room));
        } catch (ClaudeException e) {
            if (e.type().equals(ErrorType.OVERLOADED)) {
                // Others have the memory. Nothing was asked, so nothing has failed.
                return Optional.of(store.now().plus(e.retryAfter().orElse(NO_ROOM)));
            }
            throw e;
        }
        return call.isEmpty() ? Optional.empty() : run(due, lease, call.get());
    }

    private ClaudeCall call(DueJob due, byte[] body, BodyReservation room) {
        StoredHeaders kept = due.headers();
        ClaudeRequest request = ClaudeRequest.stream(new BufferedBody(body, room::close))
                .withHeaders(kept.forClaude())
                .withCaller(due.owner())
                .withModel(MessageFields.of(body).model())
                .withRecovery(RecoveryMode.of(kept.values().get(RecoveryMode.HEADER), settings.recovery()));
        ClaudeRequest limited = kept.timeout().map(request::withTimeout).orElse(request);
        return new ClaudeCall(kept.correlation().map(limited::withCorrelation).orElse(limited));
    }

    private Optional<Instant> run(DueJob due, Lease lease, ClaudeCall call) {
        CallerRunStream carried;
        try {
            carried = streams.begin(call);
        } catch (ClaudeException e) {
            // This server is full of streams. Nothing was asked, so nothing has failed.
            return Optional.of(store.now().plus(e.retryAfter().orElse(NO_ROOM)));
        }
        Optional<AttemptId> begun = Optional.empty();
        try {
            begun = store.begin(due, lease.token(), carried.stream().id());
        } finally {
            if (begun.isEmpty()) {
                carried.stream().cancel();
            }
        }
        return begun.isEmpty()
                ? outcomes.leave(due.key(), lease)
                : run(new JobAttempt(begun.get(), lease, call, carried, Thread.currentThread()));
    }

    private Optional<Instant> run(JobAttempt attempt) {
        ClaudeStream stream = attempt.stream();
        running.add(attempt);
        try {
            attempt.carried().run();
        } finally {
            running.remove(attempt);
        }
        // An interrupt has done what it was for, and must not reach what writes the outcome down.
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
        if (isInterrupted || attempt.lease().isStopping() || attempt.carried().isStopped()) {
            return outcomes.putBack(
                    attempt,
                    Duration.ZERO,
                    ClaudeException.of(ErrorKind.UNAVAILABLE, ErrorType.API, "The server that ran it has stopped"),
                    JobStore.Reason.RESTART);
        }
        if (stream.status() == StreamStatus.CANCELED) {
            return outcomes.cancel(attempt);
        }
        ClaudeException error = stream.error().orElseThrow();
        if (error.type().equals(ErrorType.OVERLOADED) && !attempt.call().wasSent()) {
            // It is this server that has no connection to spare, or has just seen Claude fail too often.
            return outcomes.putBack(attempt, error.retryAfter().orElse(NO_ROOM), error, JobStore.Reason.NOT_ASKED);
        }
        return outcomes.fail(attempt, error);
    }
}
