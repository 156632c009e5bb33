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

/** A receiver, a database and the time: what servers that send callbacks have in common. */
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

    /** A world whose time stands still until it is moved. */
    static WebhookWorld still(DataSource source, Database database) {
        var clock = new SettableClock();
        return new WebhookWorld(source, database, clock, clock::advance);
    }

    /** The same in real time, for servers whose tasks run by themselves. */
    WebhookWorld real() {
        return new WebhookWorld(source, database, Clock.systemUTC(), wait -> {});
    }

    WebhookServer server() {
        return server(database, 8, WebhookServer.TIMEOUT, 0);
    }

    /** @param chance what there is always, instead of chance */
    WebhookServer server(double chance) {
        return server(database, 8, WebhookServer.TIMEOUT, chance);
    }

    WebhookServer server(int maxConcurrent, Duration timeout) {
        return server(database, maxConcurrent, timeout, 0);
    }

    /** A server that reaches the database in its own way. */
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

    /** Where the receiver is. */
    URI url() {
        return url("localhost");
    }

    /** @param host another name of this machine's */
    URI url(String host) {
        return URI.create("http://" + host + ":" + receiver.url().getPort() + "/hook");
    }

    void advance(Duration by) {
        advance.accept(by);
    }

    /** Has the threads of attempts that were interrupted given back, as it would be done four times a second. */
    Watchdog watchdog() {
        return watchdog;
    }

    long rows(String table) {
        return database.use(connection -> Sql.one(connection, "select count(*) from " + table, row -> row.getLong(1))
                .orElseThrow());
    }

    /** What a failure at this point would leave behind, or a person at the database do. */
    void sql(String statement, Object... parameters) {
        database.use(connection -> Sql.update(connection, statement, parameters));
    }

    static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("It does not come within " + LIMIT);
            }
            Thread.sleep(10);
        }
    }

    /** Nothing is in the database any more. */
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
