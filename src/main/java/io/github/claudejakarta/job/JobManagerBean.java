package io.github.claudejakarta.job;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.durable.ChangeNotifier;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.Listing;
import io.github.claudejakarta.durable.StorageEstimate;
import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.durable.UsesDatabase;
import io.github.claudejakarta.listener.Listener;
import io.github.claudejakarta.listener.ListenerRegistry;
import io.github.claudejakarta.listener.ListenerTasks;
import io.github.claudejakarta.listener.Listeners;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.MemoryReservation;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.stream.Streams;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.Internal;
import io.github.claudejakarta.web.MissingKey;
import io.github.claudejakarta.web.Observers;
import io.github.claudejakarta.web.Page;
import io.github.claudejakarta.web.PageRequest;
import io.github.claudejakarta.web.RequestQuota;
import io.github.claudejakarta.web.Shutdown;
import io.github.claudejakarta.webhook.Webhooks;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.logging.Logger;

/**
 * Sends requests to Claude in the background. A job is stored, and any server that is free runs it. Callbacks,
 * listeners and events report its end.
 *
 * <pre>{@code
 * @Inject JobManagerBean jobs;
 *
 * Job job = jobs.submit(MessageRequest.of("claude-opus-5-5", 1024, "Write a haiku about code."));
 * Job ended = jobs.await(job.id(), Duration.ofMinutes(5));
 * ended.message().ifPresent(message -> store(message.text()));
 * }</pre>
 *
 * <p>Only {@code submit} takes part in the caller's transaction. The job runs after the commit. If the transaction is
 * rolled back the job does not exist. Before the commit no other method finds the job.
 *
 * <p>Safe for use by many threads. All methods block on the database. While it is not available they throw a
 * {@link ClaudeException} with status 503.
 */
@ApplicationScoped
@UsesDatabase
// dontRollbackOn, although these methods have no transaction: otherwise Liberty writes an incident (FFDC) for each
// rejected call.
@PublicApi
@Transactional(value = Transactional.TxType.NOT_SUPPORTED, dontRollbackOn = ClaudeException.class)
public class JobManagerBean {

    private static final Logger LOG = Logger.getLogger(JobManagerBean.class.getName());
    private static final int MISSED_HEARTBEATS = 6;
    private static final Duration CANCEL_CHECK = Duration.ofSeconds(1);
    private static final Duration MEASURE = Duration.ofSeconds(10);
    private static final Duration HOUSEKEEPING = Duration.ofHours(1);
    private static final Duration STORAGE_RETRY = Duration.ofMinutes(1);
    private static final JobStep NO_STEP = (transaction, job) -> {};

    private JobSettings settings;
    private Webhooks webhooks;
    private TaskQueue queue;
    private MissingKey missingKey = new MissingKey();
    private JobStore store;
    private StorageEstimate stored;
    private ChangeNotifier<String> changes;
    private DurableTasks tasks;
    private RunningJobs running;
    private Observers<JobEnded> ended;
    private Task<Void> run;
    private JobTransactions transactions;
    private MessageDefaults defaults;
    private RequestQuota quota;
    /** Null if the application has no listeners. */
    private volatile Listeners<Job> listeners;

    /** Required by the container's proxy. */
    JobManagerBean() {}

    @SuppressWarnings("this-escape") // The queue runs it after the start.
    @Inject
    JobManagerBean(
            JobSettings settings,
            Streams streams,
            Webhooks webhooks,
            MessageDefaults defaults,
            RequestQuota quota,
            MemoryBudget memory,
            Database database,
            DurableTasks tasks,
            Watchdog watchdog,
            @Internal Clock clock,
            Event<JobEnded> ended) {
        this.settings = settings;
        this.webhooks = webhooks;
        this.defaults = defaults;
        this.quota = quota;
        this.ended = new Observers<>(ended);
        this.queue = new TaskQueue(
                database, "claude_job_task", settings.maxConcurrent(), settings.heartbeat(), MISSED_HEARTBEATS);
        this.transactions = new JobTransactions(this::add);
        this.store = new JobStore(database, queue, webhooks, clock, transactions.ends());
        this.stored = new StorageEstimate(store::storedBytes);
        this.changes = new ChangeNotifier<>(store::revisions, Optional::of);
        this.tasks = tasks;
        tasks.onStop(changes::close);
        this.running = new RunningJobs(store);
        watchdog.watch(running);
        tasks.every(CANCEL_CHECK, running::endCanceled);
        tasks.every(MEASURE, stored::measure);
        var runner = new JobRunner(
                store,
                streams,
                running,
                settings,
                memory,
                () -> ThreadLocalRandom.current().nextDouble(),
                this::changed);
        this.run = queue.add("claude-job", runner::run);
        if (!settings.canRunUnattended()) {
            queue.scheduleOnly("it has no key of its own (claude.api-key)");
        }
        queue.addRecurring("claude-job-retention", HOUSEKEEPING, this::deleteExpired);
    }

    @Inject
    void setMissingKey(MissingKey newMissingKey) {
        missingKey = newMissingKey;
    }

    /** Returns the queue that runs jobs and deletes old ones. */
    @Produces
    TaskQueue queue() {
        return queue;
    }

    /** Returns the transactions of jobs, in which other features take part. */
    @Produces
    JobTransactions transactions() {
        return transactions;
    }

    /** Injected here because applications' tests call the constructor. */
    @Inject
    void setListeners(@Any Instance<JobListener> found, ListenerTasks calls) {
        setListeners(calls, ListenerRegistry.in(found, JobListener::onEnd));
    }

    void setListeners(ListenerTasks calls, Map<String, Listener<Job>> named) {
        Listeners<Job> called = calls.add(
                "job", named, id -> find(id).filter(job -> job.status().hasEnded()));
        transactions.onEnd((transaction, job) -> called.ended(transaction, job.id()));
        listeners = called;
    }

    /**
     * Calls the listeners again that have failed too often for a job ({@link JobListener}).
     *
     * @return number of listeners that are called again
     */
    public int retryListeners(String id) {
        Listeners<Job> called = listeners;
        return called == null ? 0 : called.retry(id);
    }

    private void changed(Job job) {
        changes.notifyChange(job.id(), job.revision());
        if (job.status().hasEnded()) {
            LOG.info(() -> job.id() + " " + job.status() + ", attempts: " + job.attempts());
            job.callback().ifPresent(callback -> webhooks.sendDue());
            Listeners<Job> called = listeners;
            if (called != null) {
                called.callDue();
            }
            ended.fire(new JobEnded(job), job.id());
        }
    }

    void deleteExpired() {
        store.runAll(run);
        Instant oldest = store.now().minus(settings.retention());
        int deleted = 0;
        for (int count = store.deleteEndedBefore(oldest); count > 0; count = store.deleteEndedBefore(oldest)) {
            deleted += count;
        }
        if (deleted > 0) {
            LOG.info("Deleted " + deleted + " jobs that ended longer ago than claude.job.retention");
        }
        store.correctStoredBytes();
        stored.measure();
    }

    /**
     * Submits a request, in the caller's transaction if it has one.
     *
     * @return the job, which is queued
     * @throws ClaudeException {@code invalid_request_error} if the server has no key of its own, 503 if it had one
     *     before; {@code overloaded_error} if job storage is full ({@code claude.job.max-bytes})
     */
    @Transactional(value = Transactional.TxType.SUPPORTS, dontRollbackOn = ClaudeException.class)
    public Job submit(MessageRequest request) {
        return submit(JobRequest.of(request));
    }

    /**
     * Submits a request with a callback, metadata and options, in the caller's transaction if it has one.
     *
     * @return the job, which is queued
     * @throws ClaudeException like {@link #submit(MessageRequest)}. Also {@code invalid_request_error} for a URL to
     *     which callbacks are not allowed, for options with a key, because keys are not stored, and for a request
     *     without model or {@code max_tokens} if the server has no default; {@code rate_limit_error} if the caller of
     *     the options has reached a limit
     */
    @Transactional(value = Transactional.TxType.SUPPORTS, dontRollbackOn = ClaudeException.class)
    public Job submit(JobRequest job) {
        return add(job, NO_STEP);
    }

    private Job add(JobRequest job, JobStep step) {
        String caller = job.options().caller().orElse(Caller.LOCAL.name());
        StoredHeaders storedHeaders = StoredHeaders.of(job.options(), "job");
        JobSubmission submission = JobSubmission.of(job, defaults);
        quota.admit(caller, true);
        return add(caller, Optional.empty(), storedHeaders, submission, step);
    }

    /**
     * Submits a job for a caller of the HTTP API.
     *
     * @param key {@code Idempotency-Key}. A repeated submission with the same key returns the job of the first one
     * @throws ClaudeException {@code invalid_request_error} for a key that was used with another submission
     */
    Job submit(String owner, Optional<String> key, StoredHeaders headers, JobSubmission submission) {
        Optional<Job> earlier = key.flatMap(known -> earlier(owner, known, submission));
        if (earlier.isPresent()) {
            return earlier.get();
        }
        try {
            return add(owner, key, headers, submission, NO_STEP);
        } catch (JobStore.DuplicateKey e) {
            return earlier(owner, key.orElseThrow(), submission).orElseThrow(() -> e);
        }
    }

    private Optional<Job> earlier(String owner, String key, JobSubmission submission) {
        return store.findByKey(owner, key, submission).map(earlier -> {
            if (!earlier.isSame()) {
                throw ClaudeException.of(
                        ErrorType.INVALID_REQUEST,
                        "Idempotency-Key: the key was already used for another job ("
                                + earlier.job().id() + "). Use a new key");
            }
            return earlier.job();
        });
    }

    private Job add(String owner, Optional<String> key, StoredHeaders headers, JobSubmission submission, JobStep step) {
        if (!settings.canRunUnattended()) {
            throw missingKey.error("Jobs need a key of the server, because the keys of callers are not stored. "
                    + "Set claude.api-key");
        }
        Optional<String> callbackUrl =
                submission.callbackUrl().map(webhooks::requireUrl).map(URI::toString);
        if (!stored.add(submission.request().length, settings.maxBytes())) {
            throw ClaudeException.of(
                            ErrorType.OVERLOADED,
                            "Job storage is full (claude.job.max-bytes): it holds requests, messages and callbacks. Retry when"
                                    + " jobs have been deleted, claude.job.retention after their end")
                    .withRetryAfter(STORAGE_RETRY);
        }
        var checked = new JobSubmission(submission.request(), callbackUrl, submission.metadata());
        return store.add(owner, key.orElse(null), headers, checked, run, step, queue::checkDue);
    }

    /**
     * Returns a job. Empty if the job does not exist, if it was deleted after its retention, or if the transaction of
     * its submission is not committed.
     */
    public Optional<Job> find(String id) {
        return find(id, MemoryReservation.UNLIMITED);
    }

    Optional<Job> find(String id, MemoryReservation reservation) {
        return store.find(id, reservation);
    }

    /**
     * Returns the jobs of all callers, newest first, without their messages.
     *
     * @param limit from 1 to 1000
     */
    public List<Job> list(int limit) {
        return page(new Listing.Query(Caller.EVERYBODY, Optional.empty(), PageRequest.first(limit)))
                .items();
    }

    Page<Job> page(Listing.Query query) {
        return store.list(query);
    }

    /**
     * Waits for the end of a job.
     *
     * @return the job that has ended
     * @throws ClaudeException {@code not_found_error}; {@code timeout_error} if the job does not end in time; 503 if
     *     the server shuts down during the wait
     */
    public Job await(String id, Duration limit) throws InterruptedException {
        Job job = awaitEnd(id, limit, MemoryReservation.UNLIMITED, () -> true);
        if (!job.status().hasEnded()) {
            if (tasks.isStopping()) {
                throw Shutdown.refusal();
            }
            throw ClaudeException.of(ErrorType.TIMEOUT, id + " is still " + job.status() + " after " + limit);
        }
        return job;
    }

    /**
     * Waits for the end of a job. Returns its current state if it has not ended in time, or if the server shuts down.
     *
     * @param reservation reserves memory for its message
     * @param isWanted whether the result is still wanted; called about once a second and after {@link #wake}
     */
    Job awaitEnd(String id, Duration limit, MemoryReservation reservation, BooleanSupplier isWanted)
            throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        Job job = get(id, reservation);
        for (long left = limit.toNanos();
                !job.status().hasEnded() && left > 0 && !tasks.isStopping() && isWanted.getAsBoolean();
                left = deadline - System.nanoTime()) {
            changes.await(id, job.revision(), Duration.ofNanos(left), isWanted);
            job = get(id, reservation);
        }
        return job;
    }

    /** Makes the threads that wait for the end of a job check whether the result is still wanted. */
    void wake(String id) {
        changes.wake(id);
    }

    private Job get(String id, MemoryReservation reservation) {
        return find(id, reservation).orElseThrow(() -> noSuchJob(id));
    }

    static ClaudeException noSuchJob(String id) {
        return ClaudeException.of(
                ErrorType.NOT_FOUND,
                "There is no job " + id
                        + ". Check the id and the caller. Jobs are deleted claude.job.retention after their end");
    }

    /**
     * Cancels a job, and its request to Claude if it is running.
     *
     * @throws ClaudeException {@code not_found_error}; {@code conflict_error} if the job has ended
     */
    public Job cancel(String id) {
        Job canceled = store.cancel(id).orElseThrow(() -> notCancelable(get(id, MemoryReservation.UNLIMITED)));
        running.cancel(id);
        changed(canceled);
        return canceled;
    }

    private static ClaudeException notCancelable(Job job) {
        return ClaudeException.of(
                ErrorType.CONFLICT,
                job.id() + " is already " + job.status() + ". Only a job that has not ended can be canceled");
    }

    /**
     * Queues a job again that is dead or failed. Its attempts count from the beginning.
     *
     * @return the job, which is queued
     * @throws ClaudeException {@code not_found_error}; {@code conflict_error} if the job has another status
     */
    public Job retry(String id) {
        Job retried = store.retry(id, run)
                .orElseThrow(() -> ClaudeException.of(
                        ErrorType.CONFLICT,
                        id + " is " + get(id, MemoryReservation.UNLIMITED).status()
                                + ". Only a dead or failed job can be retried"));
        queue.checkDue();
        changes.notifyChange(retried.id(), retried.revision());
        return retried;
    }
}
