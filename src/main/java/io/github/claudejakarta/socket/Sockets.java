package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.http.Watchdog;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import io.github.claudejakarta.stream.StreamSettings;
import io.github.claudejakarta.stream.StreamThreads;
import io.github.claudejakarta.usage.RateLimits;
import io.github.claudejakarta.web.BodySettings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.CDI;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What all sockets share. Names nothing of Jakarta WebSocket, so that a server without it has no trouble with this bean. */
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

    /** A stream that is there for the caller. */
    ClaudeStream stream(String id, SocketClient client) {
        return streams.find(id).filter(stream -> client.entry().caller().sees(stream.owner()))
            .orElseThrow(() -> ClaudeException.of(ErrorType.NOT_FOUND, "There is no stream " + id));
    }

    /** Sends a stream until it ends or the client leaves, on the calling thread, and closes the socket. */
    void serve(SocketClient client, ClaudeStream stream, int from) {
        var output = new SocketOutput(client, stream, client.wantsEveryEvent());
        try {
            streams.watch(stream, from, output, client.connection());
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.FINE, "A client left " + stream.id(), e);
            if (client.violation().isEmpty()) {
                client.cut();
            }
        }
        client.violation().ifPresentOrElse(client::refuse, () -> client.close(output.closeCode(), ""));
    }

    /** How long a client may take nothing. */
    Duration writeTimeout() {
        return settings.writeTimeout();
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
