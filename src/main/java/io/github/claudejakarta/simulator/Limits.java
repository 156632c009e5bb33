package io.github.claudejakarta.simulator;

import java.time.Duration;

/**
 * What one simulator takes on.
 *
 * @param maxConnections connections, and so threads, at a time
 * @param maxBody bytes of a request's body, other than a batch's
 * @param idle how long a connection may wait for its next request
 * @param transfer how long a request may take to arrive, and one write to be taken by the client
 * @param stall how long a stalled exchange waits for its client to leave
 */
record Limits(int maxConnections, int maxBody, Duration idle, Duration transfer, Duration stall, BatchLimits batches) {

    static final Limits DEFAULT = new Limits(
            2_000,
            32 << 20,
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Duration.ofHours(1),
            BatchLimits.ofThisJvm());

    /** Bytes of the body of a request that begins so. */
    int maxBody(String method, String target) {
        var isBatch = method.equals("POST") && target.split("\\?", 2)[0].equals(Batches.PATH);
        return isBatch ? batches.maxBody() : maxBody;
    }
}
