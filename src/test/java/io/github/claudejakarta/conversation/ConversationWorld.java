package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.http.UnguardedClient;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.simulator.SettableClock;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/** Claude, a store of conversations, and a clock that the test advances. */
final class ConversationWorld implements AutoCloseable {

    private static final List<String> TABLES = List.of(
            "claude_job_task",
            "claude_delivery_task",
            "claude_job",
            "claude_delivery",
            "claude_conversation_message",
            "claude_conversation",
            "claude_kept");

    private final Optional<DataSource> source;
    private final Database database;
    private final SettableClock clock = new SettableClock();
    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final ScriptedUpstream claude = ScriptedUpstream.start();
    private final UnguardedClient client = new UnguardedClient(UnguardedClient.settings(claude.url()), watchdog);
    private final List<ConversationServer> servers = new ArrayList<>();

    private ConversationWorld(Optional<DataSource> source, Database database) {
        this.source = source;
        this.database = database;
    }

    static ConversationWorld inDatabase(DataSource source, Database database) {
        return new ConversationWorld(Optional.of(source), database);
    }

    static ConversationWorld inMemory() {
        return new ConversationWorld(Optional.empty(), Impatient.database(() -> {
            throw new IllegalStateException("there is no DataSource");
        }));
    }

    boolean isInDatabase() {
        return source.isPresent();
    }

    DataSource source() {
        return source.orElseThrow();
    }

    ConversationServer server() {
        return server(ConversationSettings.DEFAULTS);
    }

    ConversationServer server(ConversationSettings settings) {
        return server(settings, database);
    }

    /** Returns a server with its own data source. */
    ConversationServer server(ConversationSettings settings, Database own) {
        var server = new ConversationServer(settings, client, own, watchdog, clock);
        servers.add(server);
        return server;
    }

    void advance(Duration by) {
        clock.advance(by);
    }

    /** Sets Claude's next answers. */
    void answer(Script... scripts) {
        claude.answer(scripts);
    }

    /** Returns the oldest request that no test has read yet. */
    ReceivedRequest request() throws InterruptedException {
        return claude.takeRequest();
    }

    int sql(String statement, Object... parameters) {
        return database.use(connection -> Sql.update(connection, statement, parameters));
    }

    long number(String query, Object... parameters) {
        return database.use(connection -> Sql.one(connection, query, row -> row.getLong(1), parameters))
                .orElseThrow();
    }

    /**
     * Checks that each row counts its bytes and that the counter is their sum, in one statement, because an answer may
     * still be added.
     */
    boolean isCountedExactly() {
        String rows = "(select coalesce(sum(bytes), 0) from claude_conversation)";
        String counter = "(select coalesce(sum(bytes), 0) from claude_kept where kind = 'conversation')";
        String texts =
                "(select coalesce(sum(octet_length(request) + coalesce(octet_length(question), 0)), 0) from claude_conversation)"
                        + " + (select coalesce(sum(octet_length(content) + coalesce(octet_length(envelope), 0)), 0)"
                        + " from claude_conversation_message)";
        return !isInDatabase()
                || number("select case when " + rows + " = " + counter + " and " + rows + " = " + texts
                                + " then 1 else 0 end")
                        == 1;
    }

    @Override
    public void close() {
        servers.forEach(ConversationServer::close);
        client.close();
        claude.close();
        if (isInDatabase()) {
            TABLES.forEach(table -> sql("delete from " + table));
        }
    }
}
