package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.durable.Lease;
import io.github.claudejakarta.durable.StoredErrors;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.runtime.Backoff;
import io.github.claudejakarta.runtime.Jitter;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.logging.Logger;

/**
 * Stores what came of attempts at jobs. Each method returns when the job has to be run again; empty if it need not.
 *
 * <p>A job that another server has taken over is not changed.
 */
final class JobOutcomes {

    private static final Logger LOG = Logger.getLogger(JobOutcomes.class.getName());
    /**
     * A message was paid for: a database that is away is waited for, and not only while nobody else may ask for the
     * message again.
     */
    private static final Duration LONGEST_WRITING = Duration.ofMinutes(10);

    private static final Duration LONGEST_OBEYED = Duration.ofHours(1);
    private static final double JITTER = 0.25;

    private final JobStore store;
    private final JobSettings settings;
    private final Backoff backoff;
    private final Consumer<Job> changed;
    private final Duration betweenWrites;

    /**
     * @param chance numbers from 0 to 1
     * @param changed is told of each change, after it is stored
     * @param betweenWrites how long after a database that was away
     */
    JobOutcomes(
            JobStore store,
            JobSettings settings,
            DoubleSupplier chance,
            Consumer<Job> changed,
            Duration betweenWrites) {
        this.store = store;
        this.settings = settings;
        this.backoff = new Backoff(settings.backoff(), settings.maxBackoff(), Jitter.shorter(JITTER, chance));
        this.changed = changed;
        this.betweenWrites = betweenWrites;
    }

    /** Stores the message. What the database rejects, it will reject each time: then the job fails. */
    Optional<Instant> succeed(JobAttempt attempt, Message message) {
        try {
            return end(
                    attempt,
                    () -> store.succeed(attempt.id(), message, attempt.call().isSimulated()));
        } catch (ClaudeException e) {
            if (e.mayPass()) {
                throw e;
            }
            LOG.severe(() -> attempt.jobId() + ": its message cannot be stored: " + e.getMessage());
            return fail(attempt, e);
        }
    }

    /** The job was canceled while it ran. */
    Optional<Instant> cancel(JobAttempt attempt) {
        return end(
                attempt,
                () -> store.end(
                        attempt.id(), JobStatus.CANCELED, null, attempt.call().isSimulated()));
    }

    /** The job is tried again if the failure may pass, as often as is configured. */
    Optional<Instant> fail(JobAttempt attempt, ClaudeException e) {
        if (!e.mayPass()) {
            return end(attempt, () -> end(attempt, JobStatus.FAILED, e));
        }
        if (attempt.id().number() >= settings.maxAttempts()) {
            return end(attempt, () -> end(attempt, JobStatus.DEAD, e));
        }
        return putBack(attempt, pause(attempt.id().number(), e), e, JobStore.Reason.FAILURE);
    }

    private Optional<Job> end(JobAttempt attempt, JobStatus status, ClaudeException e) {
        return store.end(
                attempt.id(), status, StoredErrors.withKind(e), attempt.call().isSimulated());
    }

    /** The wait before the next attempt, which is at least what Claude asks for. */
    private Duration pause(int attempts, ClaudeException e) {
        Duration pause = backoff.wait(attempts);
        return e.retryAfter()
                .filter(asked -> asked.compareTo(pause) > 0 && asked.compareTo(LONGEST_OBEYED) <= 0)
                .orElse(pause);
    }

    /** The job is queued again. */
    Optional<Instant> putBack(JobAttempt attempt, Duration pause, ClaudeException e, JobStore.Reason reason) {
        Instant next = store.now().plus(pause);
        Optional<Job> job = write(() -> store.putBack(attempt.id(), next, StoredErrors.withKind(e), reason));
        if (job.isEmpty()) {
            return leave(attempt.key(), attempt.lease());
        }
        LOG.info(() -> attempt.jobId() + ", attempt " + attempt.id().number() + ": " + e.getMessage()
                + "; the next one is at " + next);
        changed.accept(job.get());
        return Optional.of(next);
    }

    /** The last attempt of a job was left behind, and the job may have no more. */
    Optional<Instant> giveUp(DueJob due, Lease lease, String problem) {
        return end(due.key(), lease, store.giveUp(due, lease.token(), problem));
    }

    private Optional<Instant> end(JobAttempt attempt, Supplier<Optional<Job>> write) {
        return end(attempt.key(), attempt.lease(), write(write));
    }

    private Optional<Instant> end(TaskKey key, Lease lease, Optional<Job> job) {
        if (job.isEmpty()) {
            return leave(key, lease);
        }
        changed.accept(job.get());
        return Optional.empty();
    }

    /** Leaves a job to the server that has taken it over, together with its task, or to whoever has ended it. */
    Optional<Instant> leave(TaskKey key, Lease lease) {
        if (store.findDue(key).isPresent()) {
            lease.leave();
        }
        return Optional.empty();
    }

    /** Repeats a change while the database is away, but not where it rejects a value. */
    private Optional<Job> write(Supplier<Optional<Job>> change) {
        long deadline = System.nanoTime() + LONGEST_WRITING.toNanos();
        while (true) {
            try {
                return change.get();
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
