package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.UnguardedClient;
import io.github.claudejakarta.durable.CuttableSource;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.runtime.Ticker;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.simulator.RecordedRequest;
import io.github.claudejakarta.simulator.SettableClock;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.simulator.TimedSimulator;
import io.github.claudejakarta.webhook.TestWebhooks;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javax.sql.DataSource;

/** The surroundings that servers share: Claude, a database and the time. */
final class BatchWorld implements AutoCloseable {

    private static final List<String> TABLES = List.of(
            "claude_task",
            "claude_batch",
            "claude_delivery_task",
            "claude_delivery",
            "claude_listener_task",
            "claude_listener_call",
            "claude_usage",
            "claude_kept");

    private final DataSource source;
    private final Database database;
    private final Clock clock;
    private final Ticker ticker;
    private final Consumer<Duration> advance;
    private final Simulator simulator;
    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final UnguardedClient client;
    private final List<BatchServer> servers = new ArrayList<>();

    private BatchWorld(DataSource source, Database database, Clock clock, Ticker ticker, Consumer<Duration> advance) {
        this.source = source;
        this.database = database;
        this.clock = clock;
        this.ticker = ticker;
        this.advance = advance;
        simulator = TimedSimulator.start(clock);
        client = new UnguardedClient(UnguardedClient.settings(simulator.baseUri()), watchdog);
    }

    /** Returns a world whose time moves only when the test advances it. */
    static BatchWorld still(DataSource source, Database database) {
        var clock = new SettableClock();
        var ticks = new AtomicLong();
        return new BatchWorld(source, database, clock, ticks::get, by -> {
            clock.advance(by);
            ticks.addAndGet(by.toNanos());
        });
    }

    /** Returns the same world in real time, for servers whose tasks run automatically. */
    BatchWorld real() {
        return new BatchWorld(source, database, Clock.systemUTC(), Ticker.SYSTEM, wait -> {});
    }

    BatchServer server() {
        return server(new Tuning());
    }

    BatchServer server(Tuning tuning) {
        return server(tuning, database, 0);
    }

    /** @param chance the number that replaces each random number */
    BatchServer server(Tuning tuning, double chance) {
        return server(tuning, database, chance);
    }

    /** Returns a server with its own connections to the database. */
    BatchServer server(Tuning tuning, Database own) {
        return server(tuning, own, 0);
    }

    /** Returns a server of another application. */
    BatchServer stranger() {
        return server(new Tuning(), Impatient.opened(source, "others"));
    }

    /** Returns a task with this name that does nothing. */
    static Task<Void> task(String name) {
        return Tasks.custom(name, Void.class).execute((instance, context) -> null);
    }

    private BatchServer server(Tuning tuning, Database own, double chance) {
        var server = new BatchServer(
                tuning.settings(),
                client,
                TestWebhooks.of(own, watchdog, clock),
                own,
                clock,
                ticker,
                () -> chance,
                advance);
        servers.add(server);
        return server;
    }

    /** The client that sends requests to Claude. */
    UnguardedClient client() {
        return client;
    }

    DataSource source() {
        return source;
    }

    Database database() {
        return database;
    }

    /** Returns the database behind a connection that can be cut. */
    Database through(CuttableSource wire) {
        return Impatient.opened(wire.source());
    }

    void advance(Duration by) {
        advance.accept(by);
    }

    /** Sets the clock, as a person or NTP does, without letting time pass. */
    void setClock(Duration by) {
        ((SettableClock) clock).advance(by);
    }

    Clock clock() {
        return clock;
    }

    Simulator claude() {
        return simulator;
    }

    /** Creates a message batch as another user of the same key. */
    String strangersBatch(String... customIds) {
        return strangersBatchOf("hi", customIds);
    }

    String strangersBatchOf(String prompt, String... customIds) {
        var requests = new ArrayList<String>();
        for (String id : customIds) {
            requests.add("{\"custom_id\":\"" + id + "\",\"params\":{\"model\":\"claude-opus-5-5\",\"max_tokens\":9,"
                    + "\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt + "\"}]}}");
        }
        client.call(new ClaudeCall(ClaudeRequest.createBatch(RequestBody.of(
                ("{\"requests\":[" + String.join(",", requests) + "]}").getBytes(StandardCharsets.UTF_8)))));
        return simulator.batches().get(0);
    }

    /** Returns the requests that Claude received with this method and this end of the path. */
    List<RecordedRequest> requests(String method, String pathEnd) {
        return simulator.requests().stream()
                .filter(request -> request.method().equals(method)
                        && request.path().split("\\?")[0].endsWith(pathEnd))
                .toList();
    }

    /** Returns the number of message batches that were requested. */
    int creations() {
        return requests("POST", "/batches").size();
    }

    long rows(String table) {
        return database.use(connection -> Sql.one(connection, "select count(*) from " + table, row -> row.getLong(1))
                .orElseThrow());
    }

    /** Returns the usage of callers: caller, model, kind, requests, input and output tokens. */
    List<List<Object>> used() {
        return database.use(connection -> Sql.list(
                connection,
                "select * from claude_usage order by caller, model, kind",
                row -> List.of(
                        row.getString("caller"),
                        row.getString("model"),
                        row.getString("kind"),
                        row.getLong("requests"),
                        row.getLong("input_tokens"),
                        row.getLong("output_tokens"))));
    }

    /** Returns the contents of the callbacks of a batch, oldest first. */
    List<JsonObject> callbacks(String id) {
        return database.use(connection -> Sql.list(
                connection,
                "select payload from claude_delivery where subject = ? order by ordinal",
                row -> {
                    try (var reader = Json.createReader(new ByteArrayInputStream(row.getBytes(1)))) {
                        return reader.readObject();
                    }
                },
                id));
    }

    /** Changes the database as a failure at this point would, or a person. */
    void sql(String statement, Object... parameters) {
        database.use(connection -> Sql.update(connection, statement, parameters));
    }

    /** Requires that the counter of stored bytes is the sum of the rows. */
    void requireExactCounter() {
        long counted = sum("claude_kept where kind = 'batch'");
        assertThat(counted).as("the counter of bytes").isEqualTo(sum("claude_batch_part where round = 0"));
    }

    private long sum(String condition) {
        return database.use(connection ->
                        Sql.one(connection, "select coalesce(sum(bytes), 0) from " + condition, row -> row.getLong(1)))
                .orElseThrow();
    }

    /** Deletes everything from the database. */
    void clear() throws SQLException {
        for (String table : TABLES) {
            sql("delete from " + table);
        }
    }

    @Override
    public void close() {
        servers.forEach(BatchServer::close);
        client.close();
        simulator.close();
        servers.forEach(BatchServer::requireSoundChanges);
    }
}
