package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Objects;
import java.util.Optional;

/**
 * A message batch of Anthropic.
 *
 * <p>Its counts do not change while it is processed: all requests count as {@link Counts#processing()} until the whole
 * batch has ended.
 */
@PublicApi
@JsonbTypeAdapter(MessageBatch.Adapter.class)
public record MessageBatch(JsonObject json) implements JsonBacked {

    /**
     * The numbers of requests by their outcome.
     *
     * @param processing requests that have not ended yet
     */
    @JsonbTypeAdapter(MessageBatch.CountsAdapter.class)
    public record Counts(long processing, long succeeded, long errored, long canceled, long expired)
            implements JsonBacked {

        public static final Counts NONE = new Counts(0, 0, 0, 0, 0);

        public static Counts processing(long requests) {
            return new Counts(requests, 0, 0, 0, 0);
        }

        public long all() {
            return processing + succeeded + errored + canceled + expired;
        }

        public Counts plus(Counts other) {
            return new Counts(
                    processing + other.processing,
                    succeeded + other.succeeded,
                    errored + other.errored,
                    canceled + other.canceled,
                    expired + other.expired);
        }

        static Counts of(JsonObject json) {
            return new Counts(
                    count(json, "processing"),
                    count(json, "succeeded"),
                    count(json, "errored"),
                    count(json, "canceled"),
                    count(json, "expired"));
        }

        private static long count(JsonObject json, String key) {
            return Fields.number(json, key).orElse(0);
        }

        @Override
        public JsonObject json() {
            return JsonText.builder()
                    .add("processing", processing)
                    .add("succeeded", succeeded)
                    .add("errored", errored)
                    .add("canceled", canceled)
                    .add("expired", expired)
                    .build();
        }
    }

    public MessageBatch {
        Objects.requireNonNull(json, "json");
    }

    /** @throws IllegalArgumentException if the text is not a batch */
    public static MessageBatch parse(String text) {
        return JsonText.object(text)
                .filter(json -> Fields.textOrEmpty(json, "type").equals("message_batch"))
                .map(MessageBatch::new)
                .orElseThrow(() -> new IllegalArgumentException("The answer is not a message batch"));
    }

    public String id() {
        return Fields.textOrEmpty(json, "id");
    }

    /** Returns {@code in_progress}, {@code canceling} or {@code ended}. */
    public String processingStatus() {
        return Fields.textOrEmpty(json, "processing_status");
    }

    /** Whether the batch has ended. A batch that is {@code canceling} has not. */
    public boolean hasEnded() {
        return processingStatus().equals("ended");
    }

    public Counts requestCounts() {
        return Counts.of(Fields.object(json, "request_counts").orElse(JsonValue.EMPTY_JSON_OBJECT));
    }

    /** Returns the time of creation; empty if it is absent or unreadable. */
    public Optional<Instant> createdAt() {
        return instant("created_at");
    }

    public Optional<Instant> endedAt() {
        return instant("ended_at");
    }

    private Optional<Instant> instant(String key) {
        try {
            return Fields.text(json, key).map(Instant::parse);
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** For JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<MessageBatch> {

        public Adapter() {
            super(MessageBatch.class);
        }
    }

    /** For JSON-B. */
    public static final class CountsAdapter extends JsonBacked.Adapter<Counts> {

        public CountsAdapter() {
            super(Counts.class);
        }
    }
}
