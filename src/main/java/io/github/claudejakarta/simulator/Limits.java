package io.github.claudejakarta.simulator;

import java.time.Duration;

/**
 * The limits of one simulator.
 *
 * @param maxConnections the limit of open connections; each has a thread
 * @param maxBody the limit of a request's body in bytes, except for a batch
 * @param idle how long a connection may wait for its next request
 * @param transfer how long a request may take to arrive, and how long one write may take
 * @param stall how long a stalled answer waits until the client closes the connection
 */
record Limits(int maxConnections, int maxBody, Duration idle, Duration transfer, Duration stall, BatchLimits batches) {

    static final Limits DEFAULT = new Limits(
            2_000,
            32 << 20,
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Duration.ofHours(1),
            BatchLimits.ofThisJvm());

    /** Returns the limit of the body of a request with this method and target, in bytes. */
    int maxBody(String method, String target) {
        var isBatch = method.equals("POST") && target.split("\\?", 2)[0].equals(Batches.PATH);
        return isBatch ? batches.maxBody() : maxBody;
    }
}
