package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.recovery.Recovery;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes Claude's own wire format, byte for byte. All waiting events become one write and one flush, because these, and
 * not the copying, are the cost of an event.
 */
public final class VerbatimOutput implements StreamOutput {

    private static final ServerSentEvent PING = ServerSentEvent.of("ping", "{\"type\": \"ping\"}");

    /** The bytes of one write. A client that reads this much within the write time-out is slow, but still connected. */
    private static final int SLICE = 64 << 10;

    private final OutputStream out;
    private Runnable progress = () -> {};

    public VerbatimOutput(OutputStream out) {
        this.out = out;
    }

    @Override
    public void onProgress(Runnable onProgress) {
        progress = onProgress;
    }

    @Override
    public void begin(List<ServerSentEvent> before) throws IOException {
        // RESTEasy's first flush commits the response and sends nothing. Without another flush, the first event would
        // wait for the next.
        out.flush();
    }

    @Override
    public void write(EventRun events) throws IOException {
        for (int at = events.from(); at < events.to(); at += SLICE) {
            out.write(events.bytes(), at, Math.min(SLICE, events.to() - at));
            out.flush();
            progress.run();
        }
    }

    @Override
    public void recovered(Recovery place) throws IOException {
        out.write((": " + place + "\n\n").getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void heartbeat() throws IOException {
        write(PING);
    }

    @Override
    public void end(ClaudeException why) throws IOException {
        write(Terminal.error(why));
    }

    private void write(ServerSentEvent event) throws IOException {
        event.writeTo(out);
        out.flush();
    }
}
