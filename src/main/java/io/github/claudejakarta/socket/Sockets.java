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

/** Opens sockets, and holds the objects that all sockets share. */
@ApplicationScoped
public class Sockets {

    private static final Logger LOG = Logger.getLogger(Sockets.class.getName());
    /** The limit of sockets whose first message has not arrived. Each of them uses a thread. */
    private static final int MAX_WAITING = 1_000;

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
        int limit = Math.min(MAX_WAITING, settings.maxWatchers());
        quota = new SocketQuota(limit, Math.max(1, limit / 2));
        shutdown.on(Shutdown.Step.END_REQUESTS, this::stop);
        shutdown.on(Shutdown.Step.CUT_CLIENTS, () -> open.forEach(SocketClient::cut));
    }

    /**
     * Switches a request to WebSocket, and serves the socket after the response has been sent.
     *
     * @param handshake a valid handshake
     * @param entry the request that opens the socket
     * @throws IOException if the server cannot switch protocols
     */
    public void open(SocketHandshake handshake, HttpServletResponse response, SocketEntry entry)
            throws IOException, ServletException {
        HttpServletRequest request = handshake.request();
        Map<String, String[]> parameters = handshake.parameters();
        String stream = handshake.stream().orElse(null);
        ClientConnection connection = ClientConnection.ofUpgrade(request);
        if (connection == ClientConnection.UNKNOWN && !isWarned.getAndSet(true)) {
            LOG.warning("Sockets cannot be cut off on this server, because its connections were not found."
                    + " A client that is silent or reads nothing occupies its threads.");
        }
        handshake.accept(response);
        SocketUpgrade upgrade = request.upgrade(SocketUpgrade.class);
        upgrade.onOpen(opened -> {
            var client = new SocketClient(entry, parameters, connection, upgrade, watchdog, settings.writeTimeout());
            begin(client, stream, opened.getInputStream(), upgrade);
        });
    }

    private void begin(SocketClient client, String stream, InputStream input, SocketUpgrade upgrade) {
        open.add(client);
        watchdog.watch(client);
        Runnable release = () -> {};
        try {
            Runnable acquired = quota.acquire(client.entry().caller().name());
            release = acquired;
            SocketProtocol protocol = stream == null
                    ? new AskProtocol(this, client, acquired)
                    : new WatchProtocol(this, client, stream, acquired);
            threads.listen(new SocketInput(client, protocol, input, () -> end(client, acquired, upgrade)));
        } catch (ClaudeException e) {
            reject(client, e, release, upgrade);
        } catch (RuntimeException | Error e) {
            client.entry().leave();
            end(client, release, upgrade);
            throw e;
        }
        if (shutdown.hasBegun()) {
            client.stop();
        }
    }

    /** Rejects a client that has no reading thread. The server cannot wait for its close frame. */
    private void reject(SocketClient client, ClaudeException why, Runnable release, SocketUpgrade upgrade) {
        client.entry().leave();
        client.reject(why);
        end(client, release, upgrade);
    }

    private void end(SocketClient client, Runnable release, SocketUpgrade upgrade) {
        release.run();
        watchdog.forget(client);
        open.remove(client);
        // Otherwise Liberty would parse the client's next bytes as another request.
        client.connection().endInput();
        upgrade.close();
    }

    /** Ends all sockets. A socket that is not served is closed with 1013, any other when its stream has ended. */
    private void stop() {
        open.forEach(SocketClient::stop);
    }

    /** Returns a stream that the caller may see. */
    ClaudeStream stream(String id, SocketClient client) {
        return streams.find(id)
                .filter(stream -> client.entry().caller().canSee(stream.owner()))
                .orElseThrow(() -> Streams.noSuchStream(id));
    }

    /** Sends a stream until it ends or the client leaves, on the calling thread, and closes the socket. */
    void serve(SocketClient client, ClaudeStream stream, int from) {
        var output = new SocketOutput(client, stream::frame, client.sendsAllEvents());
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
