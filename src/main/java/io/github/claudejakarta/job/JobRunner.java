package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageFields;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.durable.Lease;
import io.github.claudejakarta.durable.Problems;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.runtime.Backoff;
import io.github.claudejakarta.runtime.Jitter;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import io.github.claudejakarta.stream.StreamStatus;
import io.github.claudejakarta.web.BodyRoom;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.logging.Logger;

/**
 * Makes one attempt at a job each time it is run, as a stream that it carries on its own thread.
 *
 * <p>It may die at any moment and be run again, here or on another server: then the job is asked for once more, and
 * says so.
 */
final class JobRunner {

    private static final Logger LOG = Logger.getLogger(JobRunner.class.getName());
    /**
     * A message was paid for: a database that is away is waited for, and not only while nobody else may ask for the
     * message again.
     */
    private static final Duration LONGEST_WRITING = Duration.ofMinutes(10);

    private static final Duration BETWEEN_WRITES = Duration.ofSeconds(1);
    private static final Duration NO_ROOM = Duration.ofSeconds(10);
    private static final Duration LONGEST_OBEYED = Duration.ofHours(1);

    private final JobStore store;
    private final ClaudeStreamingBean streams;
    private final RunningJobs running;
    private final JobSettings settings;
    private final MemoryBudget memory;
    private final Backoff backoff;
    private final Consumer<Job> changed;
    private final Duration betweenWrites;

    /**
     * @param chance numbers from 0 to 1
     * @param changed is told of each change, after it is stored
     */
    JobRunner(
            JobStore store,
            ClaudeStreamingBean streams,
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
            ClaudeStreamingBean streams,
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
        this.backoff = new Backoff(settings.backoff(), settings.maxBackoff(), Jitter.shorter(0.25, chance));
        this.changed = changed;
        this.betweenWrites = betweenWrites;
    }

    /** @return when it has to be run again; empty where it need not */
    Optional<Instant> run(TaskKey key, Lease lease) {
        Optional<JobStore.Found> found = store.toRun(key);
        if (found.isEmpty() || lease.isLost()) {
            return Optional.empty();
        }
        if (found.get().isLeftBehind()) {
            LOG.warning(() -> key.id() + " was left behind by the server that ran it");
            if (found.get().attempts() >= settings.maxAttempts()) {
                return over(
                        key,
                        lease,
                        store.givenUp(
                                found.get(),
                                lease.token(),
                                Problems.of(
                                        ErrorType.API,
                                        "The server stopped or died while it ran, and there were "
                                                + found.get().attempts() + " attempts")));
            }
        }
        var room = new BodyRoom(memory);
        try {
            return run(found.get(), room, lease);
        } finally {
            room.giveBack();
        }
    }

    /** A request is read once there is memory for it, and takes that until it is forgotten. */
    private Optional<Instant> run(JobStore.Found found, BodyRoom room, Lease lease) {
        Optional<ClaudeCall> call;
        try {
            call = store.request(found.key().id(), room).map(request -> call(found, request, room));
        } catch (ClaudeException e) {
            if (e.type().equals(ErrorType.OVERLOADED)) {
                // Others have the memory. Nothing was asked, so nothing has failed.
                return Optional.of(store.now().plus(e.retryAfter().orElse(NO_ROOM)));
            }
            throw e;
        }
        return call.isEmpty() ? Optional.empty() : run(found, call.get(), lease);
    }

    private static ClaudeCall call(JobStore.Found found, byte[] request, BodyRoom room) {
        return ClaudeCall.stream("/v1/messages", found.headers().forClaude(), request)
                .by(found.owner())
                .of(MessageFields.of(request).model())
                .whenBodyIsForgotten(room::giveBack);
    }

    private Optional<Instant> run(JobStore.Found found, ClaudeCall call, Lease lease) {
        ClaudeStream stream;
        try {
            stream = streams.begin(
                    call, RecoveryMode.of(found.headers().values().get(RecoveryMode.HEADER), settings.recovery()));
        } catch (ClaudeException e) {
            // This server is full of streams. Nothing was asked, so nothing has failed.
            return Optional.of(store.now().plus(e.retryAfter().orElse(NO_ROOM)));
        }
        Optional<JobStore.Attempt> begun = Optional.empty();
        try {
            begun = store.begin(found, lease.token(), stream.id());
        } finally {
            if (begun.isEmpty()) {
                stream.cancel();
            }
        }
        return begun.isEmpty() ? tooLate(found.key(), lease) : run(begun.get(), stream, call, lease);
    }

    private Optional<Instant> run(JobStore.Attempt attempt, ClaudeStream stream, ClaudeCall call, Lease lease) {
        running.add(attempt, stream, lease);
        try {
            streams.carry(stream, call);
        } finally {
            running.remove(attempt);
        }
        // An interrupt has done what it was for, and must not reach what writes the outcome down.
        boolean isInterrupted = Thread.interrupted();
        if (stream.status() == StreamStatus.COMPLETED) {
            return stream.messageSoFar()
                    .map(message -> succeeded(attempt, message, lease))
                    .orElseGet(() -> failed(
                            attempt,
                            ClaudeException.of(ErrorType.API, "Claude's stream ended without message_start"),
                            lease));
        }
        if (lease.isLost()) {
            return Optional.empty();
        }
        if (isInterrupted || lease.isStopping() || stream.isStopped()) {
            return putBack(
                    attempt,
                    Duration.ZERO,
                    ClaudeException.of(ErrorType.API, "The server that ran it has stopped"),
                    JobStore.Why.RESTART,
                    lease);
        }
        if (stream.status() == StreamStatus.CANCELED) {
            return over(attempt.key(), lease, written(() -> store.over(attempt, JobStatus.CANCELED, null)));
        }
        ClaudeException error = stream.error().orElseThrow();
        if (error.type().equals(ErrorType.OVERLOADED) && !call.wasSent()) {
            // It is this server that has no connection to spare, or has just seen Claude fail too often.
            return putBack(attempt, error.retryAfter().orElse(NO_ROOM), error, JobStore.Why.NOT_ASKED, lease);
        }
        return failed(attempt, error, lease);
    }

    /** What the database rejects, it will reject each time: the job has failed, and is not asked for again. */
    private Optional<Instant> succeeded(JobStore.Attempt attempt, Message message, Lease lease) {
        try {
            return over(attempt.key(), lease, written(() -> store.succeeded(attempt, message)));
        } catch (ClaudeException e) {
            if (e.mayPass()) {
                throw e;
            }
            LOG.severe(() -> attempt.key().id() + ": its message cannot be stored: " + e.getMessage());
            return failed(attempt, e, lease);
        }
    }

    private Optional<Instant> failed(JobStore.Attempt attempt, ClaudeException e, Lease lease) {
        if (!e.mayPass()) {
            return over(attempt.key(), lease, written(() -> store.over(attempt, JobStatus.FAILED, Problems.of(e))));
        }
        if (attempt.number() >= settings.maxAttempts()) {
            return over(attempt.key(), lease, written(() -> store.over(attempt, JobStatus.DEAD, Problems.of(e))));
        }
        return putBack(attempt, pause(attempt.number(), e), e, JobStore.Why.FAILURE, lease);
    }

    /** The wait before the next attempt, which is at least what Claude asks for. */
    private Duration pause(int attempts, ClaudeException e) {
        Duration pause = backoff.wait(attempts);
        return e.retryAfter()
                .filter(asked -> asked.compareTo(pause) > 0 && asked.compareTo(LONGEST_OBEYED) <= 0)
                .orElse(pause);
    }

    private Optional<Instant> putBack(
            JobStore.Attempt attempt, Duration pause, ClaudeException e, JobStore.Why why, Lease lease) {
        Instant next = store.now().plus(pause);
        Optional<Job> job = written(() -> store.putBack(attempt, next, Problems.of(e), why));
        if (job.isEmpty()) {
            return tooLate(attempt.key(), lease);
        }
        LOG.info(() -> attempt.key().id() + ", attempt " + attempt.number() + ": " + e.getMessage()
                + "; the next one is at " + next);
        changed.accept(job.get());
        return Optional.of(next);
    }

    private Optional<Instant> over(TaskKey key, Lease lease, Optional<Job> job) {
        if (job.isEmpty()) {
            return tooLate(key, lease);
        }
        changed.accept(job.get());
        return Optional.empty();
    }

    /** Somebody has ended the job, or has taken it over, together with its task. */
    private Optional<Instant> tooLate(TaskKey key, Lease lease) {
        if (store.toRun(key).isPresent()) {
            lease.leave();
        }
        return Optional.empty();
    }

    /**
     * Writes down what came of an attempt, again and again while the database is away, but not where it rejects a
     * value. Somebody who took the job over is not overwritten.
     */
    private Optional<Job> written(Supplier<Optional<Job>> write) {
        long deadline = System.nanoTime() + LONGEST_WRITING.toNanos();
        while (true) {
            try {
                return write.get();
            } catch (ClaudeException e) {
                if (!e.mayPass() || System.nanoTime() > deadline || !isWaited()) {
                    throw e;
                }
            }
        }
    }

    private boolean isWaited() {
        try {
            TimeUnit.MILLISECONDS.sleep(betweenWrites.toMillis());
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
