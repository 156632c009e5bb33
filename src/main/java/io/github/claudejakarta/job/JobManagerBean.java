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
 * Asks Claude in the background: a job is stored, run by whichever server is free, and its end told.
 *
 * <pre>{@code
 * @Inject JobManagerBean jobs;
 *
 * Job job = jobs.submit(MessageRequest.of("claude-opus-5-5", 1024, "Write a haiku about code."));
 * Job ended = jobs.await(job.id(), Duration.ofMinutes(5));
 * ended.message().ifPresent(message -> store(message.text()));
 * }</pre>
 *
 * <p>Only {@code submit} takes part in the caller's transaction: rolled back, the job never was; committed, it is run.
 * Until then no other method knows the job.
 *
 * <p>Safe for use by many threads. All methods block on the database. While there is none they throw a
 * {@link ClaudeException} with status 503.
 */
@ApplicationScoped
@UsesDatabase
// dontRollbackOn, where there is nothing to roll back: otherwise Liberty files an incident (FFDC) for each refusal.
@PublicApi
@Transactional(value = Transactional.TxType.NOT_SUPPORTED, dontRollbackOn = ClaudeException.class)
public class JobManagerBean {

    private static final Logger LOG = Logger.getLogger(JobManagerBean.class.getName());
    private static final int MISSED_HEARTBEATS = 6;
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration MEASURE = Duration.ofSeconds(10);
    private static final Duration HOUSEKEEPING = Duration.ofHours(1);
    private static final Duration TRY_AGAIN = Duration.ofMinutes(1);
    private static final JobStep NO_STEP = (transaction, job) -> {};

    private JobSettings settings;
    private Webhooks webhooks;
    private TaskQueue queue;
    private MissingKey lostKey = new MissingKey();
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
    /** Null where nobody listens. */
    private volatile Listeners<Job> listeners;

    /** For the container's proxy. */
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
        this.transactions = new JobTransactions(this::added);
        this.store = new JobStore(database, queue, webhooks, clock, transactions.ends());
        this.stored = new StorageEstimate(store::bytesKept);
        this.changes = new ChangeNotifier<>(store::revisions, Optional::of);
        this.tasks = tasks;
        tasks.onStop(changes::close);
        this.running = new RunningJobs(store);
        watchdog.watch(running);
        tasks.every(LOOK, running::look);
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
            queue.leaveToOthers("it has no key of its own (claude.api-key)");
        }
        queue.addRecurring("claude-job-retention", HOUSEKEEPING, this::keepHouse);
    }

    @Inject
    void notice(MissingKey newLostKey) {
        lostKey = newLostKey;
    }

    /** What runs jobs, and forgets what is over. */
    @Produces
    TaskQueue queue() {
        return queue;
    }

    /** What other features of this project use to take part in transactions of jobs. */
    @Produces
    JobTransactions transactions() {
        return transactions;
    }

    /** Not parameters of the constructor, which applications' tests call. */
    @Inject
    void listenWith(@Any Instance<JobListener> found, ListenerTasks calls) {
        listenWith(calls, ListenerRegistry.in(found, JobListener::onEnd));
    }

    void listenWith(ListenerTasks calls, Map<String, Listener<Job>> named) {
        Listeners<Job> called = calls.add(
                "job", named, id -> find(id).filter(job -> job.status().isOver()));
        transactions.onEnd((transaction, job) -> called.ended(transaction, job.id()));
        listeners = called;
    }

    /**
     * Calls listeners again that have failed too often for a job ({@link JobListener}).
     *
     * @return how many listeners are called again
     */
    public int retryListeners(String id) {
        Listeners<Job> called = listeners;
        return called == null ? 0 : called.retry(id);
    }

    private void changed(Job job) {
        changes.tell(job.id(), job.revision());
        if (job.status().isOver()) {
            LOG.info(() -> job.id() + " " + job.status() + ", attempts: " + job.attempts());
            job.callback().ifPresent(callback -> webhooks.look());
            Listeners<Job> called = listeners;
            if (called != null) {
                called.look();
            }
            ended.fire(new JobEnded(job), job.id());
        }
    }

    void keepHouse() {
        store.runAll(run);
        Instant oldest = store.now().minus(settings.retention());
        int forgotten = 0;
        for (int some = store.forgetEndedBefore(oldest); some > 0; some = store.forgetEndedBefore(oldest)) {
            forgotten += some;
        }
        if (forgotten > 0) {
            LOG.info(forgotten + " jobs are forgotten: claude.job.retention is over");
        }
        store.correctBytesKept();
        stored.measure();
    }

    /**
     * Submits a request, in the caller's transaction where there is one.
     *
     * @return the job, which is queued
     * @throws ClaudeException where the server has no key of its own; {@code overloaded_error} where it keeps as much
     *     as it may
     */
    @Transactional(value = Transactional.TxType.SUPPORTS, dontRollbackOn = ClaudeException.class)
    public Job submit(MessageRequest request) {
        return submit(JobRequest.of(request));
    }

    /**
     * Submits a request with a callback, metadata and options, in the caller's transaction where there is one.
     *
     * @return the job, which is queued
     * @throws ClaudeException as {@link #submit(MessageRequest)}; {@code invalid_request_error} also for a URL that is
     *     not called back, for options with a key, because keys are not stored, and for a request without model or
     *     {@code max_tokens} where there is no default; {@code rate_limit_error} if the caller of the options has
     *     reached a limit
     */
    @Transactional(value = Transactional.TxType.SUPPORTS, dontRollbackOn = ClaudeException.class)
    public Job submit(JobRequest job) {
        return added(job, NO_STEP);
    }

    private Job added(JobRequest job, JobStep step) {
        String caller = job.options().caller().orElse(Caller.LOCAL.name());
        StoredHeaders kept = StoredHeaders.of(job.options(), "job");
        JobSubmission submission = JobSubmission.of(job, defaults);
        quota.admit(caller, true);
        return added(caller, Optional.empty(), kept, submission, step);
    }

    /**
     * The same as a caller of the HTTP API.
     *
     * @param key {@code Idempotency-Key}. A submission with one that was there before gives the job of that one
     * @throws ClaudeException {@code invalid_request_error} for a key that was used with another submission
     */
    Job submit(String owner, Optional<String> key, StoredHeaders headers, JobSubmission submission) {
        Optional<Job> earlier = key.flatMap(known -> earlier(owner, known, submission));
        if (earlier.isPresent()) {
            return earlier.get();
        }
        try {
            return added(owner, key, headers, submission, NO_STEP);
        } catch (JobStore.DuplicateKey e) {
            return earlier(owner, key.orElseThrow(), submission).orElseThrow(() -> e);
        }
    }

    private Optional<Job> earlier(String owner, String key, JobSubmission submission) {
        return store.findByKey(owner, key, submission).map(earlier -> {
            if (!earlier.isSame()) {
                throw ClaudeException.of(
                        ErrorType.INVALID_REQUEST,
                        "Idempotency-Key: it was used before, for another job ("
                                + earlier.job().id() + ")");
            }
            return earlier.job();
        });
    }

    private Job added(
            String owner, Optional<String> key, StoredHeaders headers, JobSubmission submission, JobStep step) {
        if (!settings.canRunUnattended()) {
            throw lostKey.error("Jobs outlive their caller, whose key is not kept: "
                    + "the server needs a key of its own (claude.api-key)");
        }
        Optional<String> callbackUrl =
                submission.callbackUrl().map(webhooks::requireUrl).map(URI::toString);
        if (!stored.add(submission.request().length, settings.maxBytes())) {
            throw ClaudeException.of(
                            ErrorType.OVERLOADED,
                            "This server keeps as many requests and messages as it may (claude.job.max-bytes)")
                    .withRetryAfter(TRY_AGAIN);
        }
        var checked = new JobSubmission(submission.request(), callbackUrl, submission.metadata());
        return store.add(owner, key.orElse(null), headers, checked, run, step, queue::look);
    }

    /** Empty for a job whose retention is over, and before the submitter's transaction is committed. */
    public Optional<Job> find(String id) {
        return find(id, MemoryReservation.UNLIMITED);
    }

    Optional<Job> find(String id, MemoryReservation room) {
        return store.find(id, room);
    }

    /**
     * Everybody's jobs, newest first, without their messages.
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
     * Waits for the end.
     *
     * @throws ClaudeException {@code not_found_error}; {@code timeout_error} if it does not come in time; 503 if the
     *     server shuts down before
     */
    public Job await(String id, Duration limit) throws InterruptedException {
        Job job = awaitEnd(id, limit, MemoryReservation.UNLIMITED, () -> true);
        if (!job.status().isOver()) {
            if (tasks.isStopping()) {
                throw Shutdown.refusal();
            }
            throw ClaudeException.of(ErrorType.TIMEOUT, id + " is " + job.status() + " after " + limit);
        }
        return job;
    }

    /**
     * Waits for the end, and returns the job as it is then if it has not ended in time, or before the server shuts
     * down.
     *
     * @param room for its message
     * @param isWanted whether somebody still waits; asked about once a second, and after {@link #wake}
     */
    Job awaitEnd(String id, Duration limit, MemoryReservation room, BooleanSupplier isWanted)
            throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        Job job = get(id, room);
        for (long left = limit.toNanos();
                !job.status().isOver() && left > 0 && !tasks.isStopping() && isWanted.getAsBoolean();
                left = deadline - System.nanoTime()) {
            changes.await(id, job.revision(), Duration.ofNanos(left), isWanted);
            job = get(id, room);
        }
        return job;
    }

    /** Has those that wait for the end of a job look whether somebody still wants it. */
    void wake(String id) {
        changes.wake(id);
    }

    private Job get(String id, MemoryReservation room) {
        return find(id, room).orElseThrow(() -> noSuchJob(id));
    }

    static ClaudeException noSuchJob(String id) {
        return ClaudeException.of(ErrorType.NOT_FOUND, "There is no job " + id);
    }

    /**
     * Calls a job off, upstream too.
     *
     * @throws ClaudeException {@code not_found_error}; {@code conflict_error} if it is over
     */
    public Job cancel(String id) {
        Job canceled = store.cancel(id).orElseThrow(() -> over(get(id, MemoryReservation.UNLIMITED)));
        running.cancel(id);
        changed(canceled);
        return canceled;
    }

    private static ClaudeException over(Job job) {
        return ClaudeException.of(ErrorType.CONFLICT, job.id() + " is " + job.status() + " already");
    }

    /**
     * Has a job run again that is dead or has failed.
     *
     * @throws ClaudeException {@code not_found_error}; {@code conflict_error} if it is neither
     */
    public Job retry(String id) {
        Job revived = store.revive(id, run)
                .orElseThrow(() -> ClaudeException.of(
                        ErrorType.CONFLICT,
                        id + " is " + get(id, MemoryReservation.UNLIMITED).status()
                                + "; only what is dead or failed can be tried again"));
        queue.look();
        changes.tell(revived.id(), revived.revision());
        return revived;
    }
}
