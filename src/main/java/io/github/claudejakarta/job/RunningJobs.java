package io.github.claudejakarta.job;

import io.github.claudejakarta.durable.Lease;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.stream.ClaudeStream;
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
    private final Map<JobStore.Attempt, Run> runs = new ConcurrentHashMap<>();

    RunningJobs(JobStore store) {
        this.store = store;
    }

    private record Run(ClaudeStream stream, Lease lease, Thread carrier) {}

    /** One that the calling thread is about to carry. */
    void add(JobStore.Attempt attempt, ClaudeStream stream, Lease lease) {
        runs.put(attempt, new Run(stream, lease, Thread.currentThread()));
    }

    void remove(JobStore.Attempt attempt) {
        runs.remove(attempt);
    }

    /** Ends the streams of those that were called off or taken over. Asks the database, if there is anything to ask. */
    void look() {
        Set<JobStore.Attempt> here = Set.copyOf(runs.keySet());
        if (!here.isEmpty()) {
            Set<JobStore.Attempt> running = store.stillRunning(here);
            here.stream().filter(attempt -> !running.contains(attempt)).forEach(this::cancel);
        }
    }

    /** Ends it here, if it runs here. */
    void cancel(String id) {
        runs.keySet().stream().filter(attempt -> attempt.key().id().equals(id)).forEach(this::cancel);
    }

    private void cancel(JobStore.Attempt attempt) {
        Run run = runs.get(attempt);
        if (run != null) {
            run.stream.cancel();
        }
    }

    /** Without the database, which may be what is missing; and without the stream's observers, which may take long. */
    @Override
    public void check(long now) {
        runs.forEach((attempt, run) -> {
            if (run.stream.isCut()) {
                return;
            }
            if (run.lease.isLost()) {
                LOG.warning(() -> "The heartbeat of " + attempt.key().id()
                        + " does not reach the database: it is left to others");
                run.stream.cut();
            } else if (run.carrier.isInterrupted()) {
                // The server stops. Over TLS an interrupt does not end a read.
                run.stream.cut();
            }
        });
    }
}
