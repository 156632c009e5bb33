package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;

/**
 * A batch that is kept. Nothing works on it: how far it is follows from the time, and what came of it is made when
 * asked for.
 */
final class Batch {

    private static final Duration EXPIRY = Duration.ofHours(24);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final String id = Ids.next("msgbatch");
    private final List<BatchRequest> requests;
    private final BatchScript script;
    private final BatchWorker worker;
    private final BatchLimits limits;
    private final Clock clock;
    private final Instant createdAt;
    private volatile Optional<Instant> canceledAt = Optional.empty();
    private Optional<Outcomes> outcomes = Optional.empty();

    Batch(List<BatchRequest> requests, BatchScript script, BatchWorker worker, BatchLimits limits, Clock clock) {
        this.requests = requests;
        this.script = script;
        this.worker = worker;
        this.limits = limits;
        this.clock = clock;
        createdAt = now();
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    String id() {
        return id;
    }

    BatchScript script() {
        return script;
    }

    int size() {
        return requests.size();
    }

    /** What is kept of it, in bytes. */
    int bytes() {
        return requests.get(0).params().body().length();
    }

    boolean isHidden() {
        return isBefore(createdAt.plus(script.hidden()));
    }

    boolean isEnded() {
        return !isBefore(endsAt());
    }

    boolean hasResults() {
        return isEnded() && !isBefore(endsAt().plus(script.resultsHidden()));
    }

    private boolean isBefore(Instant moment) {
        return now().isBefore(moment);
    }

    private Instant endsAt() {
        return canceledAt
                .map(canceled -> canceled.plus(limits.cancelling()))
                .orElseGet(() -> createdAt.plus(script.life(limits.life())));
    }

    /** A second cancellation changes nothing. */
    synchronized void cancel() {
        if (isEnded()) {
            throw new ApiError(400, "Message Batch " + id + " cannot be canceled because it has ended");
        }
        canceledAt = canceledAt.or(() -> Optional.of(now()));
    }

    /** Decided once: afterwards all who ask see the same. */
    private synchronized Outcomes outcomes() {
        if (outcomes.isEmpty()) {
            outcomes = Optional.of(new Outcomes(
                    requests.size(),
                    canceledAt.isPresent() ? index -> Outcome.CANCELED : index -> worker.decide(requests.get(index))));
        }
        return outcomes.get();
    }

    /** A line of the results; the message of one request has the same id each time. */
    JsonObject line(int index) {
        var ids = new Random(31L * id.hashCode() + index);
        return worker.line(requests.get(index), outcomes().of(index), Clock.fixed(endsAt(), ZoneOffset.UTC), ids);
    }

    /** The batch as it is first seen: even one that is to end at once is in progress then. */
    JsonObject created(String host) {
        return json(host, false);
    }

    /** The batch as it is now, with addresses at this host. */
    synchronized JsonObject json(String host) {
        return json(host, isEnded());
    }

    private JsonObject json(String host, boolean isEnded) {
        var url = "http://" + host + Batches.PATH + "/" + id + "/results";
        return PROVIDER.createObjectBuilder()
                .add("id", id)
                .add("type", "message_batch")
                .add("processing_status", isEnded ? "ended" : canceledAt.isPresent() ? "canceling" : "in_progress")
                .add("request_counts", counts(isEnded))
                .add("ended_at", time(Optional.of(endsAt()).filter(end -> isEnded)))
                .add("created_at", time(Optional.of(createdAt)))
                .add("expires_at", time(Optional.of(createdAt.plus(EXPIRY))))
                .add("archived_at", JsonValue.NULL)
                .add("cancel_initiated_at", time(canceledAt))
                .add("results_url", isEnded ? PROVIDER.createValue(url) : JsonValue.NULL)
                .build();
    }

    /** Nothing is counted before the end. */
    private JsonObject counts(boolean isEnded) {
        var counts = PROVIDER.createObjectBuilder().add("processing", isEnded ? 0 : requests.size());
        for (var outcome : Outcome.values()) {
            counts.add(outcome.wireName(), isEnded ? outcomes().count(outcome) : 0);
        }
        return counts.build();
    }

    private static JsonValue time(Optional<Instant> moment) {
        return moment.<JsonValue>map(instant -> PROVIDER.createValue(TIME.format(instant)))
                .orElse(JsonValue.NULL);
    }
}
