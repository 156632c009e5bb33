package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.http.Watchdog;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import io.github.claudejakarta.stream.StreamSettings;
import io.github.claudejakarta.stream.StreamThreads;
import io.github.claudejakarta.usage.RateLimits;
import io.github.claudejakarta.web.BodySettings;
import io.github.claudejakarta.web.MemoryBudget;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.CDI;
import jakarta.inject.Inject;
import jakarta.websocket.CloseReason;
import jakarta.websocket.Session;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What all sockets share. */
@ApplicationScoped
class Sockets {

    private static final Logger LOG = Logger.getLogger(Sockets.class.getName());

    @Inject
    private ClaudeStreamingBean streams;
    @Inject
    private StreamThreads threads;
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

    /** Endpoints are made by the WebSocket container, and not by CDI. */
    static Sockets find() {
        return CDI.current().select(Sockets.class).get();
    }

    /** Who has come in; a socket that no filter has looked at is closed. */
    SocketEntry entry(Session session) {
        if (session.getUserPrincipal() instanceof SocketEntry entry) {
            return entry;
        }
        throw new IllegalStateException("A socket was opened past the filter");
    }

    SocketClient client(Session session) {
        return new SocketClient(session, settings.writeTimeout());
    }

    /** A stream that is there for the caller. */
    ClaudeStream stream(String id, SocketEntry entry) {
        return streams.find(id).filter(stream -> entry.caller().sees(stream.owner()))
            .orElseThrow(() -> ClaudeException.of(ErrorType.NOT_FOUND, "There is no stream " + id));
    }

    /** The last value of a query parameter; null where there is none. */
    static String parameter(Session session, String name) {
        Map<String, List<String>> all = session.getRequestParameterMap();
        List<String> values = all.getOrDefault(name, List.of());
        return values.isEmpty() ? null : values.get(values.size() - 1);
    }

    /** Whether every event is wanted, and not the text alone. */
    static boolean wantsEveryEvent(Session session) {
        String events = parameter(session, "events");
        if (events != null && !events.equals("all")) {
            throw ClaudeException.of(ErrorType.INVALID_REQUEST, "events: Input should be 'all'");
        }
        return events != null;
    }

    /** Sends a stream until it ends or the client leaves, on the calling thread, and closes the socket. */
    void serve(SocketClient client, ClaudeStream stream, int from, boolean isEveryEvent) {
        var output = new SocketOutput(client, stream, isEveryEvent);
        try {
            streams.watch(stream, from, output, client.connection());
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.FINE, "A client left " + stream.id(), e);
            if (client.violation().isEmpty()) {
                client.cut();
            }
        }
        client.violation().ifPresentOrElse(client::refuse,
            () -> client.close(output.closeCode(), output.closeCode() == CloseReason.CloseCodes.GOING_AWAY ? "The stream goes on" : ""));
    }

    ClaudeStreamingBean streams() {
        return streams;
    }

    StreamThreads threads() {
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
