package io.github.claudejakarta.job;

import io.github.claudejakarta.runtime.Watchdog;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Logger;

/**
 * The jobs that run on this server, and what ends them early: a caller who calls one off, here or at another server; a
 * server that stops; and a database that the heartbeat does not reach any more, because another server will then begin
 * the job anew, and two must not ask at the same time.
 */
final class RunningJobs implements Watchdog.Watched {

    private static final Logger LOG = Logger.getLogger(RunningJobs.class.getName());

    private final JobStore store;
    private final Map<AttemptId, JobAttempt> attempts = new ConcurrentHashMap<>();

    RunningJobs(JobStore store) {
        this.store = store;
    }

    /** Adds an attempt that its thread is about to carry. */
    void add(JobAttempt attempt) {
        attempts.put(attempt.id(), attempt);
    }

    void remove(JobAttempt attempt) {
        attempts.remove(attempt.id());
    }

    /** Ends the streams of those that were called off or taken over. Asks the database, if there is anything to ask. */
    void look() {
        Set<AttemptId> here = Set.copyOf(attempts.keySet());
        if (!here.isEmpty()) {
            Set<AttemptId> running = store.stillRunning(here);
            here.stream().filter(id -> !running.contains(id)).forEach(this::cancel);
        }
    }

    /** Cancels a job here, if it runs here. */
    void cancel(String jobId) {
        attempts.keySet().stream().filter(id -> id.key().id().equals(jobId)).forEach(this::cancel);
    }

    private void cancel(AttemptId id) {
        JobAttempt attempt = attempts.get(id);
        if (attempt != null) {
            attempt.stream().cancel();
        }
    }

    /** Without the database, which may be what is missing; and without the stream's observers, which may take long. */
    @Override
    public void check(long now) {
        attempts.values().forEach(attempt -> {
            if (attempt.carried().isCut()) {
                return;
            }
            if (attempt.lease().isLost()) {
                LOG.warning(() ->
                        "The heartbeat of " + attempt.jobId() + " does not reach the database: it is left to others");
                attempt.carried().cut();
            } else if (attempt.thread().isInterrupted()) {
                // The server stops. Over TLS an interrupt does not end a read.
                attempt.carried().cut();
            }
        });
    }
}
