package io.github.claudejakarta.simulator;

import java.time.Duration;

/**
 * What one simulator takes on.
 *
 * @param maxConnections connections, and so threads, at a time
 * @param maxBody bytes of a request's body
 * @param idle how long a connection may wait for its next request
 * @param transfer how long a request may take to arrive, and one write to be taken by the client
 * @param stall how long a stalled exchange waits for its client to leave
 */
record Limits(int maxConnections, int maxBody, Duration idle, Duration transfer, Duration stall) {

    static final Limits DEFAULT =
            new Limits(2_000, 32 << 20, Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ofHours(1));
}
