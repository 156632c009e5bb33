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
 * A stored batch. No thread works on it: its status follows from the time, and its results are generated when they are
 * requested.
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

    /** Returns the memory that the batch needs, in bytes: the length of the body that created it. */
    int bytes() {
        return requests.get(0).params().body().length();
    }

    boolean isHidden() {
        return isBefore(createdAt.plus(script.hiddenTime()));
    }

    boolean isEnded() {
        return !isBefore(endsAt());
    }

    boolean hasResults() {
        return isEnded() && !isBefore(endsAt().plus(script.resultsHiddenTime()));
    }

    private boolean isBefore(Instant moment) {
        return now().isBefore(moment);
    }

    private Instant endsAt() {
        return canceledAt
                .map(canceled -> canceled.plus(limits.canceling()))
                .orElseGet(() -> createdAt.plus(script.life(limits.life())));
    }

    /** Cancels the batch. A second cancellation has no effect. */
    synchronized void cancel() {
        if (isEnded()) {
            throw new ApiError(400, "Message Batch " + id + " cannot be canceled because it has ended");
        }
        canceledAt = canceledAt.or(() -> Optional.of(now()));
    }

    /** Returns the outcomes of all requests. Decides them at the first call. */
    private synchronized Outcomes outcomes() {
        if (outcomes.isEmpty()) {
            outcomes = Optional.of(new Outcomes(
                    requests.size(),
                    canceledAt.isPresent() ? index -> Outcome.CANCELED : index -> worker.decide(requests.get(index))));
        }
        return outcomes.get();
    }

    /** Returns a line of the results. The message of a request has the same id each time. */
    JsonObject line(int index) {
        var ids = new Random(31L * id.hashCode() + index);
        return worker.line(requests.get(index), outcomes().of(index), Clock.fixed(endsAt(), ZoneOffset.UTC), ids);
    }

    /** Returns the answer to the creation. The batch is in progress, even if it ends immediately. */
    JsonObject created(String host) {
        return json(host, false);
    }

    /** Returns the batch in its current status, with URLs at this host. */
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

    /** Returns the request counts. Before the end all requests are processing. */
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
