package io.github.claudejakarta.stream;

/**
 * Numbers of streams, for metrics.
 *
 * @param running streams that have not ended
 * @param watchers clients that watch a stream over HTTP
 * @param eventsRelayed events written to clients that have finished reading, since the start
 */
public record StreamCounts(int running, int watchers, long eventsRelayed) {}
