package io.github.claudejakarta.observe;

import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import io.github.claudejakarta.webhook.DeliveryCounts;
import io.github.claudejakarta.webhook.Webhooks;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import jakarta.enterprise.inject.spi.CDI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Metrics of the server as a whole. All are asked for when they are exported, and cost nothing in between. */
final class ServerMetrics {

    private static final AttributeKey<String> QUEUE = AttributeKey.stringKey("claude.queue");
    private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("claude.callback.outcome");
    private static final AttributeKey<String> STATE = AttributeKey.stringKey("claude.connection.state");

    private final Meter meter = CDI.current().select(OpenTelemetry.class).get().getMeter(GenAiTelemetry.SCOPE);
    /** What ends each instrument. */
    private final List<Runnable> instruments = new ArrayList<>();

    ServerMetrics(ClaudeClient client, ClaudeStreamingBean streams, Webhooks webhooks, DatabaseWatch database) {
        gauge("claude.streams.active", "{stream}", "Streams that run", now -> now.record(streams.counts().running()));
        gauge("claude.stream.watchers", "{client}", "Clients that read a stream", now -> now.record(streams.counts().watchers()));
        counter("claude.stream.events.relayed", "{event}", "Events written to clients, counted when a client has done reading",
            now -> now.record(streams.counts().eventsRelayed()));
        gauge("claude.client.connections", "{connection}", "Connections to Claude", now -> {
            now.record(client.connectionsInUse(), Attributes.of(STATE, "used"));
            now.record(client.connectionsIdle(), Attributes.of(STATE, "idle"));
        });
        gauge("claude.client.breaker.open", "1", "1 while the circuit breaker refused the latest call to Claude",
            now -> now.record(client.isBreakerOpen() ? 1 : 0));
        gauge("claude.database.up", "1", "1 while the database answers", now -> now.record(database.isUp() ? 1 : 0));
        gauge("claude.queue.depth", "{task}", "Tasks that are due and not running, on all servers",
            now -> database.queues().forEach((kind, waiting) -> now.record(waiting, Attributes.of(QUEUE, kind))));
        counter("claude.callback.attempts", "{attempt}", "Attempts at callbacks, by what became of them", now -> {
            for (DeliveryCounts.Outcome outcome : DeliveryCounts.Outcome.values()) {
                now.record(webhooks.counts().of(outcome), Attributes.of(OUTCOME, outcome.name().toLowerCase(Locale.ROOT)));
            }
        });
    }

    private void gauge(String name, String unit, String what, Consumer<ObservableLongMeasurement> asked) {
        instruments.add(meter.gaugeBuilder(name).setUnit(unit).setDescription(what).ofLongs().buildWithCallback(asked)::close);
    }

    private void counter(String name, String unit, String what, Consumer<ObservableLongMeasurement> asked) {
        instruments.add(meter.counterBuilder(name).setUnit(unit).setDescription(what).buildWithCallback(asked)::close);
    }

    void close() {
        instruments.forEach(Runnable::run);
    }
}
