package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.FakeLease;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.durable.Lease;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.listener.Listener;
import io.github.claudejakarta.listener.ListenerCounts;
import io.github.claudejakarta.listener.ListenerTasks;
import io.github.claudejakarta.listener.TestListeners;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.MemoryReservation;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.TransactionRunner;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.LocalStreams;
import io.github.claudejakarta.stream.StreamSettings;
import io.github.claudejakarta.stream.TestThreads;
import io.github.claudejakarta.webhook.Delivery;
import io.github.claudejakarta.webhook.TestWebhooks;
import io.github.claudejakarta.webhook.Webhooks;
import jakarta.enterprise.event.Event;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * The jobs of one server. Nothing runs automatically unless {@link #start()} is called: otherwise the test makes each
 * attempt.
 */
final class JobServer implements AutoCloseable {

    static final String MODEL = "claude-opus-5-5";
    /** An allowed callback URL that is never called, because deliveries belong to another package. */
    static final String CALLBACK = "http://localhost:1/called";

    private static final int MAX_WATCHERS = 50;
    private static final Duration BETWEEN_WRITES = Duration.ofMillis(20);

    private final Database database;
    private final Clock clock;
    private final List<Job> changes = new CopyOnWriteArrayList<>();
    private final List<Job> ended = new CopyOnWriteArrayList<>();
    private volatile Consumer<Job> observer = job -> {};
    private final WorkerThreads threads = TestThreads.of(JobServer::daemon, MAX_WATCHERS);
    private final ExecutorService aside = Executors.newCachedThreadPool(JobServer::daemon);
    private final MeanwhileClient client;
    private final LocalStreams streams;
    private final Webhooks webhooks;
    private final DurableTasks tasks;
    private final JobManagerBean bean;
    private final JobStore store;
    private final RunningJobs running;
    private ListenerTasks calls;
    private final JobRunner runner;

    /** @param streamBytes memory for streams */
    JobServer(
            JobSettings settings,
            long streamBytes,
            MeanwhileClient client,
            Database database,
            Watchdog watchdog,
            Clock clock,
            DoubleSupplier chance) {
        this.database = database;
        this.clock = clock;
        this.client = client;
        streams = new LocalStreams(
                client,
                new StreamSettings(
                        Duration.ofMinutes(10),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(60),
                        streamBytes,
                        MAX_WATCHERS),
                RecoverySettings.DEFAULTS,
                threads,
                watchdog,
                caller -> () -> {},
                MemoryBudget.unlimited(),
                clock,
                event(end -> {}));
        webhooks = TestWebhooks.of(database, watchdog, clock);
        tasks = Impatient.tasks(database, settings.heartbeat());
        bean = new JobManagerBean(
                settings,
                streams,
                webhooks,
                MessageDefaults.NONE,
                (caller, isForTokens) -> {
                    if (caller.equals("refused")) {
                        throw ClaudeException.of(ErrorType.RATE_LIMIT, "no more");
                    }
                },
                MemoryBudget.unlimited(),
                database,
                tasks,
                watchdog,
                clock,
                event((JobEnded end) -> {
                    ended.add(end.job());
                    observer.accept(end.job());
                }));
        store = new JobStore(
                database, bean.queue(), webhooks, clock, bean.transactions().ends());
        running = new RunningJobs(store);
        watchdog.watch(running);
        runner = new JobRunner(
                store, streams, running, settings, MemoryBudget.unlimited(), chance, changes::add, BETWEEN_WRITES);
    }

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work, "server");
        thread.setDaemon(true);
        return thread;
    }

    @SuppressWarnings("unchecked")
    static <T> Event<T> event(Consumer<T> observer) {
        return (Event<T>) Proxy.newProxyInstance(
                JobServer.class.getClassLoader(), new Class<?>[] {Event.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("fireAsync")) {
                        return CompletableFuture.completedFuture(arguments[0]);
                    }
                    observer.accept((T) arguments[0]);
                    return null;
                });
    }

    JobManagerBean bean() {
        return bean;
    }

    JobStore store() {
        return store;
    }

    /** Returns the jobs whose attempts the test makes. */
    RunningJobs running() {
        return running;
    }

    /** Returns the jobs after each change by an attempt that the test made. */
    List<Job> changes() {
        return changes;
    }

    /** Returns the jobs whose end observers received. */
    List<Job> ended() {
        return ended;
    }

    /** Adds an observer of ends. */
    void whenEnded(Consumer<Job> work) {
        observer = work;
    }

    /** Registers listeners that are called for each end, by a {@link #call step} of the test. */
    JobServer calling(Map<String, Listener<Job>> listeners) {
        return calling(listeners, TransactionRunner.NONE);
    }

    JobServer calling(Map<String, Listener<Job>> listeners, TransactionRunner transactions) {
        calls = TestListeners.of(database, transactions, clock);
        bean.setListeners(calls, listeners);
        return this;
    }

    /** Makes the next attempt to call a listener. */
    Optional<Instant> call(TaskKey key, Lease lease) {
        return TestListeners.step(calls, key, lease);
    }

    Optional<Instant> call(TaskKey key) {
        return call(key, new FakeLease());
    }

    /** Returns the pending calls, oldest first. */
    List<TaskKey> pendingCalls() {
        return database.use(connection -> Sql.list(
                connection,
                "select id, round from claude_listener_call where status = 'pending' order by created_at",
                row -> new TaskKey(row.getString(1), row.getInt(2))));
    }

    /** Schedules calls that have no task. */
    void callAll() {
        TestListeners.callAll(calls);
    }

    ListenerCounts callCounts() {
        return calls.counts();
    }

    /** Starts to run tasks automatically. */
    JobServer start() {
        tasks.start(List.of(bean.queue()));
        return this;
    }

    /** Runs an action before the next attempt sends a request. */
    void before(Runnable work) {
        client.before(work);
    }

    /** Runs an action in the middle of the next attempt. */
    void meanwhile(Runnable work) {
        client.meanwhile(work);
    }

    ClaudeStream stream(String id) {
        return streams.find(id).orElseThrow();
    }

    Job submit(String prompt) {
        return bean.submit(MessageRequest.of(MODEL, 64, prompt));
    }

    /** Submits a job with a callback. */
    Job submitWithCallback(String prompt) {
        return submit("local", null, "{\"request\":" + request(prompt) + ",\"callback_url\":\"" + CALLBACK + "\"}");
    }

    /** Submits a job as a caller of the HTTP API. */
    Job submit(String owner, String key, String body) {
        return bean.submit(
                owner,
                Optional.ofNullable(key),
                StoredHeaders.NONE,
                JobBody.read(body.getBytes(StandardCharsets.UTF_8), MemoryReservation.UNLIMITED));
    }

    Job submitAs(String owner, String prompt) {
        return submit(owner, null, "{\"request\":" + request(prompt) + "}");
    }

    static String request(String prompt) {
        return MessageRequest.of(MODEL, 64, prompt).json().toString();
    }

    Job get(String id) {
        return bean.find(id).orElseThrow();
    }

    JobStatus status(String id) {
        return get(id).status();
    }

    /** Returns the callbacks of ends, oldest first. */
    List<Delivery> deliveries(String id) {
        return webhooks.deliveries(id);
    }

    /** Returns all jobs of this server, newest first. */
    List<ClaudeStream> streams() {
        return streams.list();
    }

    /** Returns a stream of this server. */
    Optional<ClaudeStream> stream(Job job) {
        return job.streamId().flatMap(streams::find);
    }

    /** Returns the key of a job's current task. */
    TaskKey key(String id) {
        return database.use(connection -> Sql.one(
                        connection,
                        "select round from claude_job where id = ?",
                        row -> new TaskKey(id, row.getInt(1)),
                        id))
                .orElseThrow();
    }

    /** Runs the task of a job once. */
    Optional<Instant> step(String id) {
        return step(key(id), new FakeLease());
    }

    Optional<Instant> step(TaskKey key, Lease lease) {
        return runner.run(key, lease);
    }

    /** Runs the task of a job once, and returns the wait before its next run. */
    Duration wait(String id) {
        return Duration.between(clock.instant().truncatedTo(ChronoUnit.MICROS), step(id).orElseThrow());
    }

    /** Runs the task of a job on another thread. */
    Future<Optional<Instant>> stepOnThread(String id) {
        return stepOnThread(key(id), new FakeLease());
    }

    Future<Optional<Instant>> stepOnThread(TaskKey key, Lease lease) {
        return aside.submit(() -> step(key, lease));
    }

    void awaitStatus(String id, JobStatus status) {
        Waiting.until(() -> status(id) == status);
    }

    /** Waits until Claude's events arrive. */
    ClaudeStream awaitEvents(String id) {
        Waiting.until(
                () -> stream(get(id)).filter(stream -> stream.eventCount() > 0).isPresent());
        return stream(get(id)).orElseThrow();
    }

    /** Waits for running work, like a server that is stopped. */
    @Override
    public void close() {
        tasks.close();
        threads.close();
        aside.shutdownNow();
    }
}
