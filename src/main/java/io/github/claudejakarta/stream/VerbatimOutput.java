package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Claude's own wire format, byte for byte. What is waiting becomes one write and one flush: that, and not the copying, is what
 * an event costs.
 */
final class VerbatimOutput implements StreamOutput {

    private static final ServerSentEvent PING = ServerSentEvent.of("ping", "{\"type\": \"ping\"}");

    private final OutputStream out;

    VerbatimOutput(OutputStream out) {
        this.out = out;
    }

    @Override
    public void write(EventRun events) throws IOException {
        events.writeTo(out);
        out.flush();
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
