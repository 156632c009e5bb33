package io.github.claudejakarta.batch;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.BatchResult;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageBatch;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.Prices;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.claude.http.CallSequence;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.durable.ChangeNotifier;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.Listing;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.durable.UsesDatabase;
import io.github.claudejakarta.listener.Listener;
import io.github.claudejakarta.listener.ListenerRegistry;
import io.github.claudejakarta.listener.ListenerTasks;
import io.github.claudejakarta.listener.Listeners;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Ticker;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.Internal;
import io.github.claudejakarta.web.MissingKey;
import io.github.claudejakarta.web.Observers;
import io.github.claudejakarta.web.Page;
import io.github.claudejakarta.web.PageRequest;
import io.github.claudejakarta.web.PublicUrl;
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
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * Runs batches of any size to their end. It splits a batch into message batches, sends and follows them, survives
 * restarts, and merges their results.
 *
 * <pre>{@code
 * @Inject BatchManagerBean batches;
 *
 * Batch batch = batches.submit(questions.stream().map(q -> BatchRequest.of(q.id(), "claude-opus-5-5", 1024, q.text())));
 * batches.await(batch.id());
 * try (Stream<BatchResult> results = batches.results(batch.id())) {
 *     results.forEach(result -> store(result.customId(), result.message()));
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads. All methods block on the database, and some on Claude. None of them runs in the
 * transaction of the caller. While there is no database they throw a {@link ClaudeException} with status 503.
 */
@ApplicationScoped
@UsesDatabase
// There is nothing to roll back, but without dontRollbackOn Liberty files an incident (FFDC) for each rejection.
@PublicApi
@Transactional(value = Transactional.TxType.NOT_SUPPORTED, dontRollbackOn = ClaudeException.class)
public class BatchManagerBean {

    private static final Logger LOG = Logger.getLogger(BatchManagerBean.class.getName());
    /** Parts that this server sends, polls or reads at one time. */
    private static final int THREADS = 8;

    private static final Duration HOUSEKEEPING = Duration.ofHours(1);
    /** The interval between two searches for abandoned submissions. */
    private static final Duration ABANDONED_INTERVAL = Duration.ofMinutes(1);
    /** Parts end within 24 hours; parts that wait for other parts need more. */
    private static final Duration MAX_WAIT = Duration.ofHours(48);

    private BatchSettings settings;
    private MemoryBudget memory;
    private Webhooks webhooks;
    private PublicUrl publicUrl;
    private MessageDefaults defaults;
    private RequestQuota quota;
    private DurableTasks tasks;
    private TaskQueue queue;
    private MissingKey missingKey = new MissingKey();
    private BatchRows rows;
    private BatchStore store;
    /** Null if there are no listeners. */
    private volatile Listeners<Batch> listeners;

    private PartStore parts;
    private ChangeNotifier<Batch> changes;
    private Upstream upstream;
    private Observers<BatchProgressed> progressed;
    private Observers<BatchEnded> ended;
    private volatile Observers<PartEnded> partEnded;
    private Task<Void> follow;

    /** Creates the instance that the container's proxy needs. */
    BatchManagerBean() {}

    @SuppressWarnings("this-escape") // The queue runs it after the start.
    @Inject
    BatchManagerBean(
            BatchSettings settings,
            Prices prices,
            ClaudeClient client,
            Webhooks webhooks,
            PublicUrl publicUrl,
            MessageDefaults defaults,
            RequestQuota quota,
            MemoryBudget memory,
            Database database,
            DurableTasks tasks,
            @Internal Clock clock,
            Ticker ticker,
            Event<BatchProgressed> progressed,
            Event<BatchEnded> ended) {
        this.settings = settings;
        this.memory = memory;
        this.webhooks = webhooks;
        this.publicUrl = publicUrl;
        this.defaults = defaults;
        this.quota = quota;
        this.tasks = tasks;
        this.progressed = new Observers<>(progressed);
        this.ended = new Observers<>(ended);
        rows = new BatchRows(prices, webhooks, database.application());
        this.queue = new TaskQueue(database, "claude_task", THREADS);
        this.store = new BatchStore(database, queue, rows, clock, ticker);
        this.parts = PartStore.of(database, queue, rows, clock, ticker);
        this.changes = new ChangeNotifier<>(store::revisions, store::find);
        tasks.onStop(changes::close);
        this.upstream = new Upstream(client);
        var follower = new PartFollower(
                parts,
                client,
                settings,
                memory,
                () -> ThreadLocalRandom.current().nextDouble(),
                this::changed);
        this.follow = queue.add("claude-batch-part", (key, lease) -> follower.run(PartKey.of(key)));
        follower.setTask(follow);
        follower.setPartObserver(this::partEnded);
        if (!settings.canRunUnattended()) {
            queue.scheduleOnly("it has no key of its own (claude.api-key)");
        }
        queue.addRecurring("claude-batch-retention", HOUSEKEEPING, this::runHousekeeping);
        tasks.every(ABANDONED_INTERVAL, store::removeAbandoned);
    }

    /** Sets the observers of parts. The constructor cannot, because tests of applications call it. */
    @Inject
    void setPartObservers(Event<PartEnded> event) {
        partEnded = new Observers<>(event);
    }

    /** Finds the listeners of the application. The constructor cannot, because tests of applications call it. */
    @Inject
    void setListeners(@Any Instance<BatchListener> found, ListenerTasks calls) {
        setListeners(calls, ListenerRegistry.in(found, BatchListener::onEnd));
    }

    Listeners<Batch> setListeners(ListenerTasks calls, Map<String, Listener<Batch>> named) {
        Listeners<Batch> called = calls.add(
                "batch",
                named,
                id -> store.find(id).filter(batch -> batch.status().hasEnded()));
        rows.setListeners(called);
        listeners = called;
        return called;
    }

    /**
     * Calls the listeners again that have failed too often for a batch ({@link BatchListener}).
     *
     * @return the number of listeners that are called again
     */
    public int retryListeners(String id) {
        Listeners<Batch> called = listeners;
        return called == null ? 0 : called.retry(id);
    }

    private void partEnded(PartEnded part) {
        Observers<PartEnded> observers = partEnded;
        if (observers != null) {
            observers.fire(part, part.batch().id());
        }
    }

    /** Counts the parts of all batches that wait for a person ({@link PartState#UNRESOLVED}). */
    public long unresolvedParts() {
        return parts.states().countUnresolved();
    }

    /** Returns the queue that follows parts and deletes expired batches. */
    @Produces
    TaskQueue queue() {
        return queue;
    }

    Task<Void> followTask() {
        return follow;
    }

    private void changed(Batch batch) {
        changes.notifyChange(batch.id(), batch.revision());
        progressed.fire(new BatchProgressed(batch), batch.id());
        if (batch.status().hasEnded()) {
            LOG.info(() -> batch.id() + " " + batch.status() + ": " + batch.requestCounts());
            webhooks.sendDue();
            Listeners<Batch> called = listeners;
            if (called != null) {
                called.callDue();
            }
            ended.fire(new BatchEnded(batch), batch.id());
        }
    }

    void runHousekeeping() {
        parts.states().followAll(follow);
        for (Batch batch : store.expired(settings.retention())) {
            if (store.ordinal(batch.id())
                    .filter(ordinal ->
                            store.removeEndedBefore(ordinal, store.now().minus(settings.retention())))
                    .isPresent()) {
                LOG.info(() -> batch.id() + " was deleted: it ended longer ago than claude.batch.retention");
            }
        }
        store.correctStoredBytes();
    }

    /**
     * Submits any number of requests, and returns when all are stored; they are sent afterwards. The stream is read to
     * its end and closed.
     *
     * @throws ClaudeException {@code invalid_request_error} if requests can only fail, with up to ten problems: then
     *     nothing is sent. Also if the server has no key of its own
     */
    public Batch submit(Stream<BatchRequest> requests) {
        return submit(requests, RequestOptions.none());
    }

    /**
     * Submits requests as {@link #submit(Stream)} does, and reports the end of the batch by a signed callback.
     *
     * @throws ClaudeException {@code invalid_request_error} also if callbacks cannot be sent to the URL
     */
    public Batch submit(Stream<BatchRequest> requests, URI callbackUrl) {
        return submit(requests, RequestOptions.none(), callbackUrl);
    }

    /**
     * Submits requests as {@link #submit(Stream)} does, with options for all of them. The options are stored with the
     * batch and used for each message batch.
     *
     * @throws ClaudeException {@code invalid_request_error} also for options with a time limit, because Claude has 24
     *     hours for a batch, or with a key, because keys are not stored; {@code rate_limit_error} if the caller in the
     *     options has reached a limit
     */
    public Batch submit(Stream<BatchRequest> requests, RequestOptions options) {
        return submit(requests, options, Optional.empty());
    }

    /**
     * Submits requests as {@link #submit(Stream, RequestOptions)} does, and reports the end of the batch by a signed
     * callback.
     *
     * @throws ClaudeException {@code invalid_request_error} also if callbacks cannot be sent to the URL
     */
    public Batch submit(Stream<BatchRequest> requests, RequestOptions options, URI callbackUrl) {
        return submit(requests, options, Optional.of(callbackUrl));
    }

    private Batch submit(Stream<BatchRequest> requests, RequestOptions options, Optional<URI> callbackUrl) {
        try (requests) {
            Submitter submitter = Submitter.application(options, callbackUrl, publicUrl);
            quota.admit(submitter.owner(), false);
            return submitFor(submitter, () -> RequestReader.of(requests.iterator(), defaults));
        }
    }

    /**
     * Submits requests for a submitter. A submission whose {@code Idempotency-Key} was used before returns the earlier
     * batch.
     *
     * @param requests opened only if there is no earlier batch
     */
    Batch submitFor(Submitter submitter, Supplier<RequestReader> requests) {
        requireKey();
        Optional<Batch> earlier = submitter.key().flatMap(key -> store.findByKey(submitter.owner(), key));
        if (earlier.isPresent()) {
            return earlier.get();
        }
        // Checked before the requests are read.
        Optional<URI> callback = submitter.callbackUrl().map(webhooks::requireUrl);
        BatchStore.Receiving receiving = store.begin(submitter);
        Batch batch = storeRequests(receiving, requests, callback);
        LOG.info(() -> batch.id() + ": " + batch.requests() + " requests in "
                + batch.parts().size() + " parts");
        queue.checkDue();
        changed(batch);
        return batch;
    }

    private Batch storeRequests(
            BatchStore.Receiving receiving, Supplier<RequestReader> requests, Optional<URI> callback) {
        try {
            RequestReader reader = requests.get();
            List<BatchStore.NewPart> cut = readParts(receiving, reader);
            if (callback.isPresent() && reader.callbackUrl().isPresent()) {
                throw ClaudeException.of(
                        ErrorType.INVALID_REQUEST,
                        "callback_url: the query and the body both have it. Remove one of them");
            }
            return store.finish(
                    receiving, cut, callback.or(() -> reader.callbackUrl().map(webhooks::requireUrl)), follow);
        } catch (RuntimeException | Error e) {
            forget(receiving, e);
            throw e;
        }
    }

    /**
     * Removes a submission that failed, without hiding that failure. If the database is away, the submission is later
     * removed as abandoned.
     */
    private void forget(BatchStore.Receiving receiving, Throwable failure) {
        try {
            store.forget(receiving);
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    private List<BatchStore.NewPart> readParts(BatchStore.Receiving receiving, RequestReader requests) {
        DurableTasks.Repeated alive = tasks.keepAlive(() -> store.touch(receiving));
        try {
            return new Submission(store, settings, receiving, requests).read();
        } finally {
            alive.close();
        }
    }

    @Inject
    void setMissingKey(MissingKey newMissingKey) {
        missingKey = newMissingKey;
    }

    private void requireKey() {
        if (!settings.canRunUnattended()) {
            throw missingKey.error(
                    "Batches need a key of the server, because the keys of callers are not stored. Set claude.api-key");
        }
    }

    /** Returns a batch; empty if it was deleted or its retention has expired. */
    public Optional<Batch> find(String id) {
        return store.find(id);
    }

    /**
     * Returns the batches of all callers, newest first.
     *
     * @param limit from 1 to 1000
     */
    public List<Batch> list(int limit) {
        return page(new Listing.Query(Caller.EVERYBODY, Optional.empty(), PageRequest.first(limit)))
                .items();
    }

    Page<Batch> page(Listing.Query query) {
        return store.list(query);
    }

    /**
     * Waits for the end of a batch, for at most 48 hours.
     *
     * @throws ClaudeException {@code not_found_error}; {@code timeout_error} if the batch does not end in time; 503 if
     *     the server shuts down before
     */
    public Batch await(String id) throws InterruptedException {
        return await(id, MAX_WAIT);
    }

    /**
     * Waits for the end of a batch, for at most the limit.
     *
     * @throws ClaudeException {@code not_found_error}; {@code timeout_error} if the batch does not end in time; 503 if
     *     the server shuts down before
     */
    public Batch await(String id, Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        Batch batch = get(id);
        while (!batch.status().hasEnded()) {
            if (tasks.isStopping()) {
                throw Shutdown.refusal();
            }
            Duration left = Duration.ofNanos(deadline - System.nanoTime());
            if (left.isNegative() || left.isZero()) {
                throw ClaudeException.of(ErrorType.TIMEOUT, id + " is " + batch.status() + " after " + limit);
            }
            changes.await(id, batch.revision(), left);
            batch = get(id);
        }
        return batch;
    }

    /** Waits for a later revision of a batch; empty if the limit expires first, or the batch was deleted. */
    Optional<Batch> awaitChange(String id, long revision, Duration limit) throws InterruptedException {
        return changes.await(id, revision, limit);
    }

    /** Returns whether the server is shutting down. Then nothing waits for changes any longer. */
    boolean isStopping() {
        return tasks.isStopping();
    }

    private Batch get(String id) {
        return store.find(id).orElseThrow(() -> noSuchBatch(id));
    }

    private long ordinal(String id) {
        return store.ordinal(id).orElseThrow(() -> noSuchBatch(id));
    }

    static ClaudeException noSuchBatch(String id) {
        return ClaudeException.of(
                ErrorType.NOT_FOUND,
                "There is no batch " + id
                        + ". Check the id and the caller. Batches are deleted claude.batch.retention after their end");
    }

    /**
     * Returns the results, one for each request, in any order. The stream downloads them from Claude while it is read,
     * in constant memory. Close the stream.
     *
     * @throws ClaudeException {@code not_found_error}; {@code conflict_error} while the batch has no results. The
     *     stream throws one if the download broke off and could not be resumed: its {@linkplain ClaudeException#kind()
     *     kind} is {@code BROKEN}, {@code TIMED_OUT}, {@code CANCELED} or the kind of Claude's error
     */
    public Stream<BatchResult> results(String id) {
        return openResults(id, new CallSequence()).stream();
    }

    /**
     * Checks that a batch has results.
     *
     * @throws ClaudeException {@code conflict_error} if not
     */
    static void requireResults(Batch batch) {
        if (!batch.hasResults()) {
            throw ClaudeException.of(
                    ErrorType.CONFLICT,
                    "Batch " + batch.id() + " is " + batch.status()
                            + " and has no results yet. Retry when it has ended");
        }
    }

    /**
     * Opens the results of a batch.
     *
     * @param calls receives each download, so that the downloads can be canceled
     */
    BatchResults openResults(String id, CallSequence calls) {
        Batch batch = get(id);
        requireResults(batch);
        long ordinal = ordinal(id);
        Map<String, String> headers = store.headers(ordinal).forClaude();
        var sources = new ArrayList<ResultLines>();
        for (BatchPart part : batch.parts()) {
            // By this snapshot of the batch: requests that are resubmitted meanwhile may end while the results are
            // read. Their new results are not among these.
            List<Integer> later = batch.parts().stream()
                    .filter(BatchPart::hasResults)
                    .map(BatchPart::number)
                    .filter(number -> number > part.number())
                    .toList();
            if (part.hasResults()) {
                // Read here, because a part is opened in the transaction of the caller, which must not contain reads
                // of this database.
                IdSet superseded = parts.outcomes().superseded(ordinal, part, later);
                String upstreamId = part.messageBatch().orElseThrow().id();
                sources.add(new DownloadedLines(
                        () -> upstream.results(batch.owner(), headers, upstreamId, calls)
                                .content(),
                        part.requests(),
                        superseded,
                        memory));
            } else if (part.isUnsent()) {
                sources.add(new UnsentResults(parts, ordinal, part, later));
            }
        }
        return new BatchResults(sources);
    }

    /**
     * Cancels a batch. Requests that were not sent are canceled immediately; requests that Claude has started may still
     * succeed. A batch that has ended does not change.
     *
     * @throws ClaudeException {@code not_found_error}
     */
    public Batch cancel(String id) {
        long ordinal = ordinal(id);
        Batch batch = get(id);
        if (batch.status().hasEnded()) {
            return batch;
        }
        Batch canceling = store.cancel(ordinal);
        if (canceling.status().hasEnded()) {
            return canceling;
        }
        changed(canceling);
        canceling.parts().stream()
                .filter(part -> !part.state().hasEnded())
                .forEach(part -> queue.runNow(follow, new PartKey(ordinal, part.number()).task(), store.now()));
        return canceling;
    }

    /**
     * Resubmits the requests that expired, that failed with a temporary error, or that Claude rejected with their whole
     * part.
     *
     * @throws ClaudeException {@code not_found_error}; {@code conflict_error} while the batch runs;
     *     {@code invalid_request_error} if the batch has no such requests
     */
    public Batch resubmit(String id) {
        return resubmit(id, false);
    }

    /**
     * Resubmits requests as {@link #resubmit(String)} does.
     *
     * @param includeCanceled whether canceled requests are resubmitted too
     */
    public Batch resubmit(String id, boolean includeCanceled) {
        requireKey();
        Set<Resubmission.Kind> kinds = EnumSet.allOf(Resubmission.Kind.class);
        if (!includeCanceled) {
            kinds.remove(Resubmission.Kind.CANCELED);
        }
        Batch batch = parts.results()
                .resubmit(
                        ordinal(id),
                        new Resubmission(kinds, settings.maxPartRequests(), settings.maxPartBytes()),
                        follow)
                .orElseThrow(() -> ClaudeException.of(
                        ErrorType.INVALID_REQUEST,
                        id + " has nothing to resubmit"
                                + (includeCanceled ? "" : ". include=canceled also resubmits canceled requests")));
        queue.checkDue();
        changed(batch);
        return batch;
    }

    /**
     * Resolves a part that is {@link PartState#UNRESOLVED}.
     *
     * @param messageBatchId the message batch that Claude created for the part; null if Claude has none, to send the
     *     part again
     * @throws ClaudeException {@code not_found_error}; {@code conflict_error} if the part is not unresolved, or the
     *     message batch belongs to another part
     */
    public Batch resolve(String id, int number, String messageBatchId) {
        long ordinal = ordinal(id);
        var key = new PartKey(ordinal, number);
        PartSnapshot found = parts.states()
                .find(key)
                .orElseThrow(() -> ClaudeException.of(ErrorType.NOT_FOUND, "There is no part " + number + " of " + id));
        if (found.part().state() != PartState.UNRESOLVED) {
            throw notUnresolvedError(found);
        }
        Batch batch = (messageBatchId == null
                        ? parts.states().sendAgain(key, follow)
                        : resolve(found, requireMatching(found, messageBatchId)))
                .orElseThrow(() -> notUnresolvedError(found));
        queue.checkDue();
        changed(batch);
        return batch;
    }

    /** Assigns the message batch, which another part may have got since the check. */
    private Optional<Batch> resolve(PartSnapshot found, MessageBatch batch) {
        try {
            return parts.states().resolve(found, batch, follow);
        } catch (MessageBatchConflict e) {
            throw otherPartError(batch);
        }
    }

    private static ClaudeException otherPartError(MessageBatch batch) {
        return ClaudeException.of(
                ErrorType.CONFLICT, batch.id() + " belongs to another part. Choose another message batch");
    }

    private static ClaudeException notUnresolvedError(PartSnapshot found) {
        return ClaudeException.of(
                ErrorType.CONFLICT,
                "Part " + found.key().number() + " of " + found.batchId() + " is "
                        + found.part().state() + ". Only a part that is unresolved can be resolved");
    }

    private MessageBatch requireMatching(PartSnapshot found, String messageBatchId) {
        MessageBatch batch = upstream.retrieve(found, messageBatchId);
        boolean isOwn = found.part()
                .messageBatch()
                .filter(own -> own.id().equals(batch.id()))
                .isPresent();
        if (!isOwn && !parts.states().findOurs(List.of(batch.id())).isEmpty()) {
            throw otherPartError(batch);
        }
        if (batch.requestCounts().all() != found.part().requests()) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    batch.id() + " has " + batch.requestCounts().all() + " requests, but the part has "
                            + found.part().requests() + ". Choose another message batch");
        }
        return batch;
    }

    /**
     * Deletes a batch that has ended, with its requests. It also tries to delete Claude's message batches. Anthropic
     * deletes the remaining ones in time.
     *
     * @throws ClaudeException {@code not_found_error}; {@code conflict_error} while the batch runs
     */
    public void delete(String id) {
        long ordinal = ordinal(id);
        Batch batch = get(id);
        if (!batch.status().hasEnded()) {
            throw ClaudeException.of(
                    ErrorType.CONFLICT,
                    "Batch " + id + " is " + batch.status() + ". Cancel it, and delete it when it has ended");
        }
        Map<String, String> headers = store.headers(ordinal).forClaude();
        // The database first: a resubmission that starts now would otherwise lose its results.
        if (!store.removeOver(ordinal)) {
            throw ClaudeException.of(
                    ErrorType.CONFLICT,
                    "Batch " + id + " is being resubmitted. Cancel it, and delete it when it has ended");
        }
        batch.messageBatches().forEach(messageBatch -> deleteUpstream(batch, headers, messageBatch));
    }

    private void deleteUpstream(Batch batch, Map<String, String> headers, MessageBatch messageBatch) {
        try {
            upstream.delete(batch.owner(), headers, messageBatch.id());
        } catch (ClaudeException e) {
            LOG.info(() ->
                    messageBatch.id() + " of " + batch.id() + " could not be deleted at Claude: " + e.getMessage());
        }
    }
}
