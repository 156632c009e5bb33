package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.BatchResult;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.Prices;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.FakeLease;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.listener.Listener;
import io.github.claudejakarta.listener.ListenerTasks;
import io.github.claudejakarta.listener.TestListeners;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Ticker;
import io.github.claudejakarta.server.TransactionRunner;
import io.github.claudejakarta.web.PublicUrl;
import io.github.claudejakarta.webhook.Webhooks;
import jakarta.enterprise.event.Event;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The batches of one server. Tasks run automatically after {@link #start()} only; otherwise the test makes each step
 * and moves the clock.
 */
final class BatchServer implements AutoCloseable {

    static final String MODEL = "claude-opus-5-5";
    /** The URL of the server for callers. */
    static final URI URL = URI.create("http://localhost:9080");

    private static final Prices PRICES =
            new Prices(Map.of(MODEL, Prices.Price.of(BigDecimal.valueOf(5), BigDecimal.valueOf(25))));

    private final Clock clock;
    private final Consumer<Duration> advance;
    private final List<Batch> changes = new CopyOnWriteArrayList<>();
    private final List<Batch> ended = new CopyOnWriteArrayList<>();
    private final List<PartEnded> endedParts = new CopyOnWriteArrayList<>();
    private final DurableTasks tasks;
    private final BatchManagerBean bean;
    private final BatchRows rows;
    private final Database database;
    private ListenerTasks calls;
    private final BatchStore store;
    private final PartStore parts;
    private final PartFollower follower;

    BatchServer(
            BatchSettings settings,
            ClaudeClient client,
            Webhooks webhooks,
            Database database,
            Clock clock,
            Ticker ticker,
            DoubleSupplier chance,
            Consumer<Duration> advance) {
        this.database = database;
        this.clock = clock;
        this.advance = advance;
        tasks = Impatient.tasks(database);
        bean = new BatchManagerBean(
                settings,
                PRICES,
                client,
                webhooks,
                new PublicUrl(Optional.empty()),
                MessageDefaults.NONE,
                (caller, isForTokens) -> {
                    if (caller.equals("refused")) {
                        throw ClaudeException.of(ErrorType.RATE_LIMIT, "no more");
                    }
                },
                MemoryBudget.unlimited(),
                database,
                tasks,
                clock,
                ticker,
                event((BatchProgressed event) -> changes.add(event.batch())),
                event((BatchEnded event) -> ended.add(event.batch())));
        rows = new BatchRows(PRICES, webhooks, database.application());
        store = new BatchStore(database, bean.queue(), rows, clock, ticker);
        parts = PartStore.of(database, bean.queue(), rows, clock, ticker);
        follower = new PartFollower(parts, client, settings, MemoryBudget.unlimited(), chance, changes::add);
        follower.setTask(bean.followTask());
        follower.setPartObserver(endedParts::add);
    }

    @SuppressWarnings("unchecked")
    private static <T> Event<T> event(Consumer<T> event) {
        return (Event<T>) Proxy.newProxyInstance(
                BatchServer.class.getClassLoader(), new Class<?>[] {Event.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("fireAsync")) {
                        return CompletableFuture.completedFuture(arguments[0]);
                    }
                    event.accept((T) arguments[0]);
                    return null;
                });
    }

    /** Sets the listeners, which {@link #callAll} calls for each end. */
    BatchServer calling(Map<String, Listener<Batch>> listeners) {
        calls = TestListeners.of(database, TransactionRunner.NONE, clock);
        rows.setListeners(bean.setListeners(calls, listeners));
        return this;
    }

    /** Makes one attempt at each pending call, and returns their number. */
    int callAll() {
        List<TaskKey> pending = database.use(connection -> Sql.list(
                connection,
                "select id, round from claude_listener_call where status = 'pending' order by created_at",
                row -> new TaskKey(row.getString(1), row.getInt(2))));
        pending.forEach(key -> TestListeners.step(calls, key, new FakeLease()));
        return pending.size();
    }

    BatchManagerBean bean() {
        return bean;
    }

    BatchStore store() {
        return store;
    }

    PartStore parts() {
        return parts;
    }

    PartStates states() {
        return parts.states();
    }

    BatchRows rows() {
        return rows;
    }

    /** The batch after each change, as observers and watchers receive it. */
    List<Batch> changes() {
        return changes;
    }

    /** The batches whose end observers have received. */
    List<Batch> ended() {
        return ended;
    }

    /** The parts whose results were read, as observers have received them. */
    List<PartEnded> endedParts() {
        return endedParts;
    }

    /** Starts the tasks, which run automatically from then on. */
    BatchServer start() {
        tasks.start(List.of(bean.queue()));
        return this;
    }

    void runHousekeeping() {
        bean.runHousekeeping();
    }

    /** A submitter that calls over HTTP. */
    static Submitter submitter(String owner, String key) {
        return submitter(owner, key, Map.of());
    }

    static Submitter submitter(String owner, String key, Map<String, String> headers) {
        return new Submitter(owner, new StoredHeaders(headers), Optional.ofNullable(key), Optional.empty(), URL);
    }

    /** A submitter that calls over HTTP with a callback_url in the query. */
    static Submitter submitter(String owner, String key, String callbackUrl) {
        return new Submitter(owner, StoredHeaders.NONE, Optional.ofNullable(key), Optional.of(callbackUrl), URL);
    }

    /** Submits prompts with the ids {@code r0}, {@code r1} and so on. */
    Batch submit(String... prompts) {
        return bean.submit(requests(prompts));
    }

    static Stream<BatchRequest> requests(String... prompts) {
        return Stream.iterate(0, i -> i < prompts.length, i -> i + 1)
                .map(i -> BatchRequest.of("r" + i, MODEL, 64, prompts[i]));
    }

    Batch get(String id) {
        return bean.find(id).orElseThrow();
    }

    BatchPart part(String id, int number) {
        return get(id).part(number).orElseThrow();
    }

    PartState state(String id, int number) {
        return part(id, number).state();
    }

    /** Advances a part by one step. */
    Optional<Instant> step(String id, int number) {
        return follower.run(key(id, number));
    }

    /** Advances a part by one step, and returns the wait before the next one. */
    Duration wait(String id, int number) {
        return Duration.between(
                clock.instant().truncatedTo(ChronoUnit.MICROS), step(id, number).orElseThrow());
    }

    PartKey key(String id, int number) {
        return new PartKey(store.ordinal(id).orElseThrow(), number);
    }

    /** Advances all parts to their end, and the clock with them. */
    Batch drive(String id) {
        drive(new String[] {id});
        return get(id);
    }

    void drive(String... ids) {
        for (int steps = 0; steps < 1_000; steps++) {
            List<PartKey> open = Stream.of(ids).flatMap(this::open).toList();
            if (open.isEmpty()) {
                return;
            }
            open.stream()
                    .flatMap(key -> follower.run(key).stream())
                    .min(Instant::compareTo)
                    .map(when -> Duration.between(clock.instant(), when))
                    .filter(wait -> !wait.isNegative())
                    .ifPresent(advance);
        }
        throw new AssertionError(
                "The batches do not end: " + Stream.of(ids).map(this::get).toList());
    }

    private Stream<PartKey> open(String id) {
        return get(id).parts().stream()
                .filter(part -> !part.state().hasEnded() && part.state() != PartState.UNRESOLVED)
                .map(part -> key(id, part.number()));
    }

    /** Returns the outcome of each request. */
    Map<String, String> results(String id) {
        try (Stream<BatchResult> results = bean.results(id)) {
            return results.collect(Collectors.toMap(BatchResult::customId, BatchResult::type));
        }
    }

    /** Requires that every reported batch counted each request once. */
    void requireSoundChanges() {
        assertThat(changes)
                .allSatisfy(batch -> assertThat(batch.requestCounts().all()).isEqualTo(batch.requests()));
    }

    @Override
    public void close() {
        tasks.close();
    }
}
