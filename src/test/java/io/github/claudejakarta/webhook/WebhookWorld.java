package io.github.claudejakarta.webhook;

import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.simulator.SettableClock;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.net.URI;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import javax.sql.DataSource;

/** The surroundings that servers share: a receiver, a database and the time. */
final class WebhookWorld implements AutoCloseable {

    static final Duration LIMIT = Duration.ofSeconds(30);
    private static final List<String> TABLES = List.of("claude_delivery_task", "claude_delivery");

    private final DataSource source;
    private final Database database;
    private final Clock clock;
    private final Consumer<Duration> advance;
    private final ScriptedUpstream receiver = ScriptedUpstream.start();
    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final List<WebhookServer> servers = new ArrayList<>();

    private WebhookWorld(DataSource source, Database database, Clock clock, Consumer<Duration> advance) {
        this.source = source;
        this.database = database;
        this.clock = clock;
        this.advance = advance;
    }

    /** Returns a world whose time moves only when the test advances it. */
    static WebhookWorld still(DataSource source, Database database) {
        var clock = new SettableClock();
        return new WebhookWorld(source, database, clock, clock::advance);
    }

    /** Returns the same world in real time, for servers whose tasks run automatically. */
    WebhookWorld real() {
        return new WebhookWorld(source, database, Clock.systemUTC(), wait -> {});
    }

    WebhookServer server() {
        return server(database, 8, WebhookServer.TIMEOUT, 0);
    }

    /** @param chance the number that replaces each random number */
    WebhookServer server(double chance) {
        return server(database, 8, WebhookServer.TIMEOUT, chance);
    }

    WebhookServer server(int maxConcurrent, Duration timeout) {
        return server(database, maxConcurrent, timeout, 0);
    }

    /** Returns a server with its own connections to the database. */
    WebhookServer server(DataSource own) {
        return server(Impatient.opened(own), 8, WebhookServer.TIMEOUT, 0);
    }

    private WebhookServer server(Database own, int maxConcurrent, Duration timeout, double chance) {
        var server = new WebhookServer(own, clock, watchdog, maxConcurrent, timeout, () -> chance);
        servers.add(server);
        return server;
    }

    DataSource source() {
        return source;
    }

    Database database() {
        return database;
    }

    ScriptedUpstream receiver() {
        return receiver;
    }

    /** Returns the URL of the receiver. */
    URI url() {
        return url("localhost");
    }

    /** @param host another name of this machine */
    URI url(String host) {
        return URI.create("http://" + host + ":" + receiver.url().getPort() + "/hook");
    }

    void advance(Duration by) {
        advance.accept(by);
    }

    /** Releases the threads of interrupted attempts, as the watchdog does four times a second. */
    Watchdog watchdog() {
        return watchdog;
    }

    long rows(String table) {
        return database.use(connection -> Sql.one(connection, "select count(*) from " + table, row -> row.getLong(1))
                .orElseThrow());
    }

    /** Changes the database as a failure at this point would, or a person. */
    void sql(String statement, Object... parameters) {
        database.use(connection -> Sql.update(connection, statement, parameters));
    }

    static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("The condition was not met within " + LIMIT);
            }
            Thread.sleep(10);
        }
    }

    /** Deletes everything from the database. */
    void clear() throws SQLException {
        for (String table : TABLES) {
            sql("delete from " + table);
        }
    }

    @Override
    public void close() throws Exception {
        for (WebhookServer server : servers) {
            server.close();
        }
        receiver.awaitOpenConnections(0);
        receiver.close();
    }
}
