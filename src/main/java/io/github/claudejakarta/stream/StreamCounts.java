package io.github.claudejakarta.stream;

/**
 * Numbers of streams, for metrics.
 *
 * @param running streams that have not ended
 * @param watchers clients that read one over HTTP
 * @param eventsRelayed events that were written to clients that have done reading, since the start
 */
public record StreamCounts(int running, int watchers, long eventsRelayed) {}
