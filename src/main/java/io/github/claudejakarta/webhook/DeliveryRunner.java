package io.github.claudejakarta.webhook;

import io.github.claudejakarta.durable.TaskKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.logging.Logger;

/** Makes one attempt at a delivery each time it is run, and says when the next one is due. */
final class DeliveryRunner {

    private static final Logger LOG = Logger.getLogger(DeliveryRunner.class.getName());
    /** For a place at a host that has as many attempts as it may: most answer in less. */
    private static final Duration MOMENT = Duration.ofMillis(250);
    /** After that. By chance, so that those that wait do not come back together. */
    private static final Duration SHORTEST_WAIT = Duration.ofSeconds(5);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    private final DeliveryStore store;
    private final Sender sender;
    private final Retries retries;
    private final Places places;
    private final DoubleSupplier chance;

    /**
     * @param places attempts at a time, by host
     * @param chance numbers from 0 to 1
     */
    DeliveryRunner(DeliveryStore store, Sender sender, Places places, DoubleSupplier chance) {
        this.store = store;
        this.sender = sender;
        this.retries = new Retries(chance);
        this.places = places;
        this.chance = chance;
    }

    /** @return when it has to be run again; empty where it need not */
    Optional<Instant> run(TaskKey key) {
        Optional<DeliveryStore.Due> due = store.due(key);
        if (due.isEmpty()) {
            return Optional.empty();
        }
        String host = due.get().url().getHost().toLowerCase(Locale.ROOT);
        try {
            if (!places.take(host, MOMENT)) {
                return Optional.of(store.now().plus(SHORTEST_WAIT)
                    .plusMillis(Math.round(chance.getAsDouble() * LONGEST_WAIT.minus(SHORTEST_WAIT).toMillis())));
            }
        } catch (InterruptedException e) {
            // The server stops. As after an attempt, the interrupt must not reach what writes this down.
            return Optional.of(store.now());
        }
        try {
            return attempt(due.get());
        } finally {
            places.giveBack(host);
        }
    }

    private Optional<Instant> attempt(DeliveryStore.Due due) {
        try {
            Sender.Answer answer = sender.send(due.key().id(), store.now(), due.url(), due.payload());
            // An interrupt that came too late must not reach what writes the outcome down: H2 closes a database whose thread is interrupted.
            Thread.interrupted();
            var outcome = new DeliveryStore.Outcome(Optional.of(answer.status()), shown(answer));
            if (answer.isSuccess()) {
                return over(due, DeliveryStatus.DELIVERED, outcome);
            }
            return answer.isGone() ? over(due, DeliveryStatus.GONE, outcome) : failed(due, outcome, answer.retryAfter());
        } catch (Sender.NoAnswer e) {
            if (Thread.interrupted()) {
                // The server stops: that is no failure of the receiver's. It may have had it all the same, and knows it by its id.
                return Optional.of(store.now());
            }
            return failed(due, new DeliveryStore.Outcome(Optional.empty(), Optional.of(e.getMessage())), Optional.empty());
        }
    }

    private static Optional<String> shown(Sender.Answer answer) {
        if (answer.status() / 100 == 3) {
            return Optional.of("Redirects are not followed");
        }
        return Optional.of(answer.beginning()).filter(text -> !text.isEmpty());
    }

    private Optional<Instant> over(DeliveryStore.Due due, DeliveryStatus status, DeliveryStore.Outcome outcome) {
        store.over(due.key(), status, outcome);
        if (status != DeliveryStatus.DELIVERED) {
            LOG.warning(() -> "Callback " + due.key().id() + " to " + due.url().getHost() + " is " + status + " after "
                + (due.failures() + 1) + " failures: " + said(outcome));
        }
        return Optional.empty();
    }

    private Optional<Instant> failed(DeliveryStore.Due due, DeliveryStore.Outcome outcome, Optional<Duration> asked) {
        Optional<Instant> next = retries.pause(due.failures() + 1, asked).map(store.now()::plus);
        if (next.isEmpty()) {
            return over(due, DeliveryStatus.DEAD, outcome);
        }
        LOG.info(() -> "Callback " + due.key().id() + " to " + due.url().getHost() + " failed, the next attempt is at " + next.get() + ": "
            + said(outcome));
        store.failed(due.key(), outcome, next.get());
        return next;
    }

    /** Not the receiver's words, which may repeat what they are an answer to. */
    private static String said(DeliveryStore.Outcome outcome) {
        return outcome.status().map(status -> "HTTP " + status).or(outcome::answer).orElse("");
    }
}
