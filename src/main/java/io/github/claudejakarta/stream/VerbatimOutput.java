package io.github.claudejakarta.stream;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Claude's own wire format, byte for byte. What is waiting becomes one write and one flush: that, and not the copying, is what
 * an event costs.
 */
final class VerbatimOutput implements StreamOutput {

    private static final byte[] PING = "event: ping\ndata: {\"type\": \"ping\"}\n\n".getBytes(StandardCharsets.US_ASCII);

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
        out.write(PING);
        out.flush();
    }
}
