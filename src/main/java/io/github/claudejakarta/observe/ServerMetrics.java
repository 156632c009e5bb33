package io.github.claudejakarta.observe;

import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.claude.http.ClientSettings;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.stream.Streams;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;

/** Metrics of the server as a whole: streams, connections, threads. */
final class ServerMetrics {

    private static final double MILLIS = 1e3;

    private ServerMetrics() {}

    static void add(
            Instruments instruments,
            ClientSettings settings,
            ClaudeClient client,
            Streams streams,
            WorkerThreads threads,
            Watchdog watchdog,
            DatabaseWatch database) {
        AttributeKey<String> state = AttributeKey.stringKey("claude.connection.state");
        instruments.gauge(
                "claude.streams.active",
                "{stream}",
                "Running streams",
                now -> now.record(streams.counts().running()));
        instruments.gauge(
                "claude.stream.watchers",
                "{client}",
                "Clients that read a stream",
                now -> now.record(streams.counts().watchers()));
        instruments.counter(
                "claude.stream.events.relayed",
                "{event}",
                "Events written to clients, counted when a client stops reading",
                now -> now.record(streams.counts().eventsRelayed()));
        instruments.gauge(
                "claude.stream.threads",
                "{thread}",
                "Threads of streams, and of clients that read a stream",
                now -> now.record(threads.used()));
        instruments.gauge(
                "claude.stream.thread.max",
                "{thread}",
                "Limit of threads of streams, and of clients that read a stream",
                now -> now.record(threads.limit()));
        instruments.gauge("claude.client.connections", "{connection}", "Connections to Claude", now -> {
            now.record(client.connectionsInUse(), Attributes.of(state, "used"));
            now.record(client.connectionsIdle(), Attributes.of(state, "idle"));
        });
        instruments.gauge(
                "claude.client.connection.max",
                "{connection}",
                "Limit of connections to Claude",
                now -> now.record(settings.maxConnections()));
        instruments.gauge(
                "claude.client.breaker.open",
                "1",
                "1 if the circuit breaker rejected the latest call to Claude",
                now -> now.record(client.isBreakerOpen() ? 1 : 0));
        instruments.gauge(
                "claude.database.up", "1", "1 while the database answers", now -> now.record(database.isUp() ? 1 : 0));
        instruments.seconds(
                "claude.watchdog.lag",
                "Time since the last check of time limits by the watchdog",
                now -> now.record(watchdog.sinceLastTick().toMillis() / MILLIS));
    }
}
