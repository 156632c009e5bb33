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
 * Stores the outcomes of attempts at jobs. Each method returns the time of the job's next run. The result is empty if
 * the job need not run again.
 *
 * <p>A job that another server has taken over is not changed.
 */
final class JobOutcomes {

    private static final Logger LOG = Logger.getLogger(JobOutcomes.class.getName());
    /**
     * How long this class retries to store an outcome while the database is away. A message was paid for, so this is
     * longer than the time after which another server may take the job over.
     */
    private static final Duration MAX_WRITE_TIME = Duration.ofMinutes(10);

    private static final Duration MAX_RETRY_AFTER = Duration.ofHours(1);
    private static final double JITTER = 0.25;

    private final JobStore store;
    private final JobSettings settings;
    private final Backoff backoff;
    private final Consumer<Job> changed;
    private final Duration betweenWrites;

    /**
     * @param chance random numbers from 0 to 1
     * @param changed receives each changed job after the change is stored
     * @param betweenWrites wait before an outcome is stored again while the database is away
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

    /**
     * Stores the message and ends the job. A message that the database rejects would be rejected each time, so the job
     * fails.
     */
    Optional<Instant> succeed(JobAttempt attempt, Message message) {
        try {
            return end(
                    attempt,
                    () -> store.succeed(attempt.id(), message, attempt.call().isSimulated()));
        } catch (ClaudeException e) {
            if (e.isRetryable()) {
                throw e;
            }
            LOG.severe(() -> attempt.jobId() + ": the message cannot be stored, so the job fails: " + e.getMessage());
            return fail(attempt, e);
        }
    }

    /** Ends a job that was canceled while it ran. */
    Optional<Instant> cancel(JobAttempt attempt) {
        return end(
                attempt,
                () -> store.end(
                        attempt.id(), JobStatus.CANCELED, null, attempt.call().isSimulated()));
    }

    /**
     * Queues the job again after a temporary failure, up to {@code claude.job.max-attempts} attempts. Otherwise ends
     * it.
     */
    Optional<Instant> fail(JobAttempt attempt, ClaudeException e) {
        if (!e.isRetryable()) {
            return end(attempt, () -> end(attempt, JobStatus.FAILED, e));
        }
        if (attempt.id().number() >= settings.maxAttempts()) {
            return end(attempt, () -> end(attempt, JobStatus.DEAD, e));
        }
        return requeue(attempt, pause(attempt.id().number(), e), e, JobStore.Reason.FAILURE);
    }

    private Optional<Job> end(JobAttempt attempt, JobStatus status, ClaudeException e) {
        return store.end(
                attempt.id(), status, StoredErrors.withKind(e), attempt.call().isSimulated());
    }

    /**
     * Returns the wait before the next attempt. It is at least Claude's {@code retry-after}, unless that is longer than
     * 1 hour.
     */
    private Duration pause(int attempts, ClaudeException e) {
        Duration pause = backoff.wait(attempts);
        return e.retryAfter()
                .filter(wanted -> wanted.compareTo(pause) > 0 && wanted.compareTo(MAX_RETRY_AFTER) <= 0)
                .orElse(pause);
    }

    /** Queues the job again. */
    Optional<Instant> requeue(JobAttempt attempt, Duration pause, ClaudeException e, JobStore.Reason reason) {
        Instant next = store.now().plus(pause);
        Optional<Job> job = write(() -> store.requeue(attempt.id(), next, StoredErrors.withKind(e), reason));
        if (job.isEmpty()) {
            return leave(attempt.key(), attempt.lease());
        }
        LOG.info(() -> attempt.jobId() + ", attempt " + attempt.id().number() + ": " + e.getMessage()
                + ". The next attempt is at " + next);
        changed.accept(job.get());
        return Optional.of(next);
    }

    /** Ends a job whose last attempt was abandoned, because it has no attempts left. */
    Optional<Instant> endAbandoned(DueJob due, Lease lease, String problem) {
        return end(due.key(), lease, store.endAbandoned(due, lease.token(), problem));
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

    /** Leaves a job unchanged that another server has taken over together with its task, or that has been ended. */
    Optional<Instant> leave(TaskKey key, Lease lease) {
        if (store.findDue(key).isPresent()) {
            lease.markLost();
        }
        return Optional.empty();
    }

    /** Repeats a change while the database is away, but not if the database rejects a value. */
    private Optional<Job> write(Supplier<Optional<Job>> change) {
        long deadline = System.nanoTime() + MAX_WRITE_TIME.toNanos();
        while (true) {
            try {
                return change.get();
            } catch (ClaudeException e) {
                if (!e.isRetryable() || System.nanoTime() > deadline || !waitToRetry()) {
                    throw e;
                }
            }
        }
    }

    private boolean waitToRetry() {
        try {
            TimeUnit.MILLISECONDS.sleep(betweenWrites.toMillis());
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
