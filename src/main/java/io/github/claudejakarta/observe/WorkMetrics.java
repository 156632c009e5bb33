package io.github.claudejakarta.observe;

import io.github.claudejakarta.listener.ListenerCounts;
import io.github.claudejakarta.webhook.DeliveryCounts;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import java.util.Locale;

/** Metrics of work that survives a restart: queues, jobs, batches, callbacks and listeners. */
final class WorkMetrics {

    private static final double MILLIS = 1e3;

    private WorkMetrics() {}

    static void add(
            Instruments instruments,
            DatabaseWatch database,
            EndCounts ends,
            DeliveryCounts callbacks,
            ListenerCounts listeners) {
        AttributeKey<String> queue = AttributeKey.stringKey("claude.queue");
        instruments.gauge(
                "claude.queue.depth",
                "{task}",
                "Tasks that are due and not running, on all servers",
                now -> database.queues()
                        .forEach((kind, backlog) -> now.record(backlog.tasks(), Attributes.of(queue, kind))));
        instruments.seconds(
                "claude.queue.lag",
                "Time since the oldest task that is not running became due, on all servers",
                now -> database.queues()
                        .forEach((kind, backlog) ->
                                now.record(backlog.age().toMillis() / MILLIS, Attributes.of(queue, kind))));
        AttributeKey<String> jobStatus = AttributeKey.stringKey("claude.job.status");
        instruments.counter(
                "claude.job.ends",
                "{job}",
                "Jobs that ended, by status",
                now -> ends.jobs()
                        .forEach((status, count) ->
                                now.record(count.sum(), Attributes.of(jobStatus, status.toString()))));
        AttributeKey<String> batchStatus = AttributeKey.stringKey("claude.batch.status");
        instruments.counter(
                "claude.batch.ends",
                "{batch}",
                "Batches that ended, by status",
                now -> ends.batches()
                        .forEach((status, count) ->
                                now.record(count.sum(), Attributes.of(batchStatus, status.toString()))));
        instruments.gauge(
                "claude.batch.parts.unresolved",
                "{part}",
                "Unresolved parts of batches, which wait for a person, on all servers",
                now -> database.unresolvedParts().ifPresent(now::record));
        AttributeKey<String> attempt = AttributeKey.stringKey("claude.callback.outcome");
        instruments.counter("claude.callback.attempts", "{attempt}", "Attempts of callbacks, by outcome", now -> {
            for (DeliveryCounts.Outcome outcome : DeliveryCounts.Outcome.values()) {
                now.record(
                        callbacks.of(outcome),
                        Attributes.of(attempt, outcome.name().toLowerCase(Locale.ROOT)));
            }
        });
        AttributeKey<String> call = AttributeKey.stringKey("claude.listener.outcome");
        instruments.counter(
                "claude.listener.calls",
                "{call}",
                "Calls of the application's listeners when jobs and batches end, by outcome",
                now -> {
                    for (ListenerCounts.Outcome outcome : ListenerCounts.Outcome.values()) {
                        now.record(
                                listeners.of(outcome),
                                Attributes.of(call, outcome.name().toLowerCase(Locale.ROOT)));
                    }
                });
    }
}
