package io.github.claudejakarta.job;

import io.github.claudejakarta.runtime.Watchdog;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Logger;

/**
 * The jobs that run on this server. Ends their attempts early in three cases:
 *
 * <ul>
 *   <li>A caller cancels the job, on this server or another one.
 *   <li>The server stops.
 *   <li>The heartbeat no longer reaches the database. Another server will then start the job again, and only one of
 *       them may send its request to Claude at a time.
 * </ul>
 *
 * <p>Safe for use by many threads.
 */
final class RunningJobs implements Watchdog.Watched {

    private static final Logger LOG = Logger.getLogger(RunningJobs.class.getName());

    private final JobStore store;
    private final Map<AttemptId, JobAttempt> attempts = new ConcurrentHashMap<>();

    RunningJobs(JobStore store) {
        this.store = store;
    }

    /** Adds an attempt that its thread is about to run. */
    void add(JobAttempt attempt) {
        attempts.put(attempt.id(), attempt);
    }

    void remove(JobAttempt attempt) {
        attempts.remove(attempt.id());
    }

    /**
     * Ends the streams of attempts that were canceled or taken over. Queries the database only if attempts run on this
     * server.
     */
    void endCanceled() {
        Set<AttemptId> ids = Set.copyOf(attempts.keySet());
        if (!ids.isEmpty()) {
            Set<AttemptId> running = store.stillRunning(ids);
            ids.stream().filter(id -> !running.contains(id)).forEach(this::cancel);
        }
    }

    /** Cancels a job if it runs on this server. */
    void cancel(String jobId) {
        attempts.keySet().stream().filter(id -> id.key().id().equals(jobId)).forEach(this::cancel);
    }

    private void cancel(AttemptId id) {
        JobAttempt attempt = attempts.get(id);
        if (attempt != null) {
            attempt.stream().cancel();
        }
    }

    /**
     * Checks the leases without the database, which may be away, and without the stream's observers, which may take
     * long.
     */
    @Override
    public void check(long now) {
        attempts.values().forEach(attempt -> {
            if (attempt.streamRun().isCut()) {
                return;
            }
            if (attempt.lease().isLost()) {
                LOG.warning(
                        () -> "The heartbeat of " + attempt.jobId()
                                + " does not reach the database. This server stops the attempt. The job runs again, here or on another server");
                attempt.streamRun().cut();
            } else if (attempt.thread().isInterrupted()) {
                // The server stops. With TLS an interrupt does not end a read.
                attempt.streamRun().cut();
            }
        });
    }
}
