package io.github.claudejakarta.webhook;

import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.net.Authority;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.logging.Logger;

/** Makes one attempt at a delivery in each run, and returns when the next one is due. */
final class DeliveryRunner {

    private static final Logger LOG = Logger.getLogger(DeliveryRunner.class.getName());

    private final DeliveryStore store;
    private final Sender sender;
    private final Retries retries;
    private final DeliveryCounts counts;
    private final HostSlots hosts;

    /** @param chance numbers from 0 to 1 */
    DeliveryRunner(DeliveryStore store, Sender sender, HostSlots hosts, DoubleSupplier chance, DeliveryCounts counts) {
        this.counts = counts;
        this.store = store;
        this.sender = sender;
        this.retries = new Retries(chance);
        this.hosts = hosts;
    }

    /**
     * Makes one attempt at a delivery.
     *
     * @return when the next run is due; empty if none is
     */
    Optional<Instant> run(TaskKey key) {
        Optional<DeliveryStore.Due> due = store.due(key);
        if (due.isEmpty()) {
            return Optional.empty();
        }
        String host = host(due.get().url());
        Optional<HostSlots.Slot> slot = hosts.acquire(host);
        if (slot.isEmpty()) {
            Instant later = store.now().plus(hosts.pause(host));
            store.postpone(key, later);
            return Optional.of(later);
        }
        try {
            return store.payload(key).flatMap(payload -> attempt(due.get(), payload));
        } finally {
            hosts.release(slot.get());
        }
    }

    private Optional<Instant> attempt(DeliveryStore.Due due, String payload) {
        try {
            Sender.Answer answer = sender.send(due.key().id(), store.now(), due.url(), payload);
            // A late interrupt must not reach the database, which stores the outcome: H2 closes a database whose thread
            // is interrupted.
            Thread.interrupted();
            var outcome = new DeliveryStore.Outcome(Optional.of(answer.status()), answerText(answer));
            if (answer.isSuccess()) {
                return end(due, DeliveryStatus.DELIVERED, outcome);
            }
            return answer.isGone()
                    ? end(due, DeliveryStatus.GONE, outcome)
                    : handleFailure(due, outcome, answer.retryAfter());
        } catch (Sender.NoAnswer e) {
            if (Thread.interrupted()) {
                // The server stops, which is no failure of the receiver. The receiver may have got the callback, and
                // recognizes a repetition by its id.
                return Optional.of(store.now());
            }
            return handleFailure(
                    due, new DeliveryStore.Outcome(Optional.empty(), Optional.of(e.getMessage())), Optional.empty());
        }
    }

    private static Optional<String> answerText(Sender.Answer answer) {
        if (answer.status() / 100 == 3) {
            return Optional.of("Redirects are not followed");
        }
        return Optional.of(answer.beginning()).filter(text -> !text.isEmpty());
    }

    private Optional<Instant> end(DeliveryStore.Due due, DeliveryStatus status, DeliveryStore.Outcome outcome) {
        counts.add(
                switch (status) {
                    case DELIVERED -> DeliveryCounts.Outcome.DELIVERED;
                    case GONE -> DeliveryCounts.Outcome.GONE;
                    default -> DeliveryCounts.Outcome.DEAD;
                });
        store.end(due.key(), status, outcome);
        if (status != DeliveryStatus.DELIVERED) {
            LOG.warning(() -> "Callback " + due.key().id() + " of " + due.subject() + " to " + host(due.url()) + " is "
                    + status + ", failed attempts: " + (due.failures() + 1) + ", the last one: " + logText(outcome));
        }
        return Optional.empty();
    }

    private Optional<Instant> handleFailure(
            DeliveryStore.Due due, DeliveryStore.Outcome outcome, Optional<Duration> requested) {
        Optional<Instant> next = retries.pause(due.failures() + 1, requested).map(store.now()::plus);
        if (next.isEmpty()) {
            return end(due, DeliveryStatus.DEAD, outcome);
        }
        LOG.info(() -> "Callback " + due.key().id() + " of " + due.subject() + " to " + host(due.url())
                + " failed, the next attempt is at " + next.get() + ": " + logText(outcome));
        counts.add(DeliveryCounts.Outcome.FAILED);
        store.markFailed(due.key(), outcome, next.get());
        return next;
    }

    private static String host(URI url) {
        return Authority.of(url).orElseThrow().host().name();
    }

    /** Returns a text for the log without the receiver's answer, which may repeat the content of the callback. */
    private static String logText(DeliveryStore.Outcome outcome) {
        return outcome.status()
                .map(status -> "HTTP " + status)
                .or(outcome::answer)
                .orElse("");
    }
}
