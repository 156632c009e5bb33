package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import io.github.claudejakarta.claude.http.ClientSettings;
import io.github.claudejakarta.claude.http.UnguardedClient;
import io.github.claudejakarta.durable.CuttableSource;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.server.CurrentTransaction;
import io.github.claudejakarta.simulator.RecordedRequest;
import io.github.claudejakarta.simulator.SettableClock;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.simulator.TimedSimulator;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javax.sql.DataSource;

/** Claude, a database and a clock, shared by the servers of a test. */
final class JobWorld implements AutoCloseable {

    private static final List<String> TABLES = List.of(
            "claude_job_task",
            "claude_delivery_task",
            "claude_listener_task",
            "claude_job",
            "claude_delivery",
            "claude_listener_call",
            "claude_kept");
    private static final long ROOM = 64 << 20;
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(120);

    private final DataSource source;
    private final Database database;
    private final Clock clock;
    private final Consumer<Duration> advance;
    private final AtomicLong ahead;
    private final Watchdog watchdog;
    private final Simulator simulator;
    private final UnguardedClient client;
    private final List<JobServer> servers = new ArrayList<>();

    private JobWorld(
            DataSource source,
            Database database,
            Clock clock,
            Consumer<Duration> advance,
            AtomicLong ahead,
            Watchdog watchdog) {
        this.source = source;
        this.database = database;
        this.clock = clock;
        this.advance = advance;
        this.ahead = ahead;
        this.watchdog = watchdog;
        simulator = TimedSimulator.start(clock);
        client = new UnguardedClient(settings(simulator.baseUri()), watchdog);
    }

    private static ClientSettings settings(URI claude) {
        return new ClientSettings(
                claude,
                Optional.of("sk-server"),
                "2023-06-01",
                Duration.ofSeconds(5),
                READ_TIMEOUT,
                Duration.ofSeconds(10),
                Duration.ofMinutes(10),
                60,
                20,
                Duration.ofSeconds(30));
    }

    /** A world whose clock changes only when the test advances it. */
    static JobWorld still(DataSource source, Database database) {
        var clock = new SettableClock();
        var ahead = new AtomicLong();
        return new JobWorld(
                source, database, clock, clock::advance, ahead, new Watchdog(() -> System.nanoTime() + ahead.get()));
    }

    /** Returns a world in real time, for servers that run tasks automatically. */
    JobWorld real() {
        return new JobWorld(source, database, Clock.systemUTC(), wait -> {}, new AtomicLong(), Watchdog.start(work -> {
            var thread = new Thread(work);
            thread.setDaemon(true);
            return thread;
        }));
    }

    JobServer server() {
        return server(new Tuning());
    }

    JobServer server(Tuning tuning) {
        return server(tuning, database);
    }

    /** Returns a server with its own data source. */
    JobServer server(Tuning tuning, Database own) {
        return server(tuning, ROOM, own, 0);
    }

    /** Returns a server of another application. */
    JobServer otherApplication() {
        return server(new Tuning(), Impatient.opened(source, "others"));
    }

    /** Returns a task of this name that does nothing. */
    Task<Void> task(String name) {
        return Tasks.custom(name, Void.class).execute((instance, context) -> null);
    }

    /** @param chance the number to use instead of random numbers */
    JobServer server(Tuning tuning, double chance) {
        return server(tuning, ROOM, database, chance);
    }

    /** Returns a server with this much memory for streams. */
    JobServer serverWithRoom(long streamBytes) {
        return server(new Tuning(), streamBytes, database, 0);
    }

    private JobServer server(Tuning tuning, long streamBytes, Database own, double chance) {
        var server = new JobServer(
                tuning.settings(), streamBytes, new MeanwhileClient(client), own, watchdog, clock, () -> chance);
        servers.add(server);
        return server;
    }

    /** Returns the database through a connection that the test can cut. */
    Database through(CuttableSource wire) {
        return Impatient.opened(wire.source());
    }

    /** Returns the database for callers in a transaction. */
    Database within(CurrentTransaction callers) {
        return Impatient.opened(source, callers);
    }

    DataSource source() {
        return source;
    }

    void advance(Duration by) {
        advance.accept(by);
    }

    /** Advances the ticker beyond the time that any caller waits for Claude. */
    void passReadTimeout() {
        ahead.addAndGet(READ_TIMEOUT.plusSeconds(1).toNanos());
        watchdog.tick();
    }

    /** Advances the time of the watchdog. */
    void pass(Duration by) {
        ahead.addAndGet(by.toNanos());
        watchdog.tick();
    }

    /** Makes the watchdog check. */
    void tick() {
        watchdog.tick();
    }

    Clock clock() {
        return clock;
    }

    Simulator claude() {
        return simulator;
    }

    /** Returns the last hundred requests to Claude. */
    List<RecordedRequest> requests() {
        return simulator.requests();
    }

    long rows(String table) {
        return database.use(connection -> Sql.one(connection, "select count(*) from " + table, row -> row.getLong(1))
                .orElseThrow());
    }

    byte[] bytes(String query, Object... parameters) {
        return database.use(connection -> Sql.one(connection, query, row -> row.getBytes(1), parameters))
                .orElseThrow();
    }

    /** Returns whether a transaction waits for another one. */
    boolean isTransactionWaiting() {
        return database.use(connection -> {
            boolean isH2 = connection.getMetaData().getDatabaseProductName().equals("H2");
            return Sql.one(
                                    connection,
                                    isH2
                                            ? "select count(*) from information_schema.sessions where blocker_id is not null"
                                            : "select count(*) from pg_locks where not granted",
                                    row -> row.getLong(1))
                            .orElseThrow()
                    > 0;
        });
    }

    /** Runs a statement that simulates a failure, or a change by a person at the database. */
    int sql(String statement, Object... parameters) {
        return database.use(connection -> Sql.update(connection, statement, parameters));
    }

    /** Checks that the counter of stored bytes is the sum of the rows. */
    void requireExactCounter() {
        long counted = sum("claude_kept where kind = 'job'");
        assertThat(counted).as("the counter of bytes").isEqualTo(sum("claude_job"));
    }

    private long sum(String condition) {
        return database.use(connection ->
                        Sql.one(connection, "select coalesce(sum(bytes), 0) from " + condition, row -> row.getLong(1)))
                .orElseThrow();
    }

    /** Deletes all rows of the database. */
    void clear() {
        for (String table : TABLES) {
            sql("delete from " + table);
        }
    }

    @Override
    public void close() {
        servers.forEach(JobServer::close);
        watchdog.close();
        client.close();
        simulator.close();
    }
}
