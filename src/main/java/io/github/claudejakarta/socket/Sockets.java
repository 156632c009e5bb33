package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.StreamSettings;
import io.github.claudejakarta.stream.Streams;
import io.github.claudejakarta.usage.RateLimits;
import io.github.claudejakarta.web.BodySettings;
import io.github.claudejakarta.web.Shutdown;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Opens sockets, and what all of them share. */
@ApplicationScoped
public class Sockets {

    private static final Logger LOG = Logger.getLogger(Sockets.class.getName());
    /** Sockets whose question has not arrived; each holds a thread. */
    private static final int MOST_WAITING = 1_000;

    private final Set<SocketClient> open = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean isWarned = new AtomicBoolean();
    private SocketQuota quota;

    @Inject
    private Streams streams;

    @Inject
    private WorkerThreads threads;

    @Inject
    private StreamSettings settings;

    @Inject
    private RecoverySettings recovery;

    @Inject
    private RateLimits limits;

    @Inject
    private MemoryBudget budget;

    @Inject
    private BodySettings bodies;

    @Inject
    private Watchdog watchdog;

    @Inject
    private Shutdown shutdown;

    @PostConstruct
    void prepare() {
        int limit = Math.min(MOST_WAITING, settings.maxWatchers());
        quota = new SocketQuota(limit, Math.max(1, limit / 2));
        shutdown.on(Shutdown.Step.END_REQUESTS, this::stop);
        shutdown.on(Shutdown.Step.CUT_CLIENTS, () -> open.forEach(SocketClient::cut));
    }

    /**
     * Switches a request to WebSocket, and serves the socket once the response is out.
     *
     * @param handshake that was found valid
     * @param entry who opens the socket
     * @throws IOException if the server cannot switch protocols
     */
    public void open(SocketHandshake handshake, HttpServletResponse response, SocketEntry entry)
            throws IOException, ServletException {
        HttpServletRequest request = handshake.request();
        Map<String, String[]> parameters = handshake.parameters();
        String stream = handshake.stream().orElse(null);
        ClientConnection connection = ClientConnection.ofUpgrade(request);
        if (connection == ClientConnection.UNKNOWN && !isWarned.getAndSet(true)) {
            LOG.warning(
                    "Sockets cannot be cut off on this server: its connections were not found. A client that is silent or reads nothing keeps its threads.");
        }
        handshake.accept(response);
        SocketUpgrade upgrade = request.upgrade(SocketUpgrade.class);
        upgrade.whenOpen(opened -> {
            var client = new SocketClient(entry, parameters, connection, upgrade, watchdog, settings.writeTimeout());
            begin(client, stream, opened.getInputStream(), upgrade);
        });
    }

    private void begin(SocketClient client, String stream, InputStream input, SocketUpgrade upgrade) {
        open.add(client);
        watchdog.watch(client);
        Runnable place = () -> {};
        try {
            Runnable taken = quota.acquire(client.entry().caller().name());
            place = taken;
            SocketProtocol conversation = stream == null
                    ? new AskProtocol(this, client, taken)
                    : new WatchProtocol(this, client, stream, taken);
            threads.listen(new SocketInput(client, conversation, input, () -> end(client, taken, upgrade)));
        } catch (ClaudeException e) {
            refuse(client, e, place, upgrade);
        } catch (RuntimeException | Error e) {
            client.entry().leave();
            end(client, place, upgrade);
            throw e;
        }
        if (shutdown.hasBegun()) {
            client.stop();
        }
    }

    /** Without a thread that reads, nobody can wait for the client's close frame. */
    private void refuse(SocketClient client, ClaudeException why, Runnable place, SocketUpgrade upgrade) {
        client.entry().leave();
        client.refuse(why);
        end(client, place, upgrade);
    }

    private void end(SocketClient client, Runnable place, SocketUpgrade upgrade) {
        place.run();
        watchdog.forget(client);
        open.remove(client);
        // Without it Liberty would take what the client sends next for another request.
        client.connection().endInput();
        upgrade.close();
    }

    /**
     * Sockets that are not served are closed with 1013, and those that are served as soon as their streams have ended.
     */
    private void stop() {
        open.forEach(SocketClient::stop);
    }

    /** A stream that is there for the caller. */
    ClaudeStream stream(String id, SocketClient client) {
        return streams.find(id)
                .filter(stream -> client.entry().caller().canSee(stream.owner()))
                .orElseThrow(() -> Streams.noSuchStream(id));
    }

    /** Sends a stream until it ends or the client leaves, on the calling thread, and closes the socket. */
    void serve(SocketClient client, ClaudeStream stream, int from) {
        var output = new SocketOutput(client, stream::frame, client.wantsEveryEvent());
        try {
            streams.watch(stream, from, output, client.connection());
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.FINE, "A client left " + stream.id(), e);
        } finally {
            client.end(output.closeCode());
        }
    }

    Streams streams() {
        return streams;
    }

    WorkerThreads threads() {
        return threads;
    }

    RecoverySettings recovery() {
        return recovery;
    }

    RateLimits limits() {
        return limits;
    }

    MemoryBudget budget() {
        return budget;
    }

    BodySettings bodies() {
        return bodies;
    }

    Watchdog watchdog() {
        return watchdog;
    }
}
