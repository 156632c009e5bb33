package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.JsonBacked;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.MessageBatch;
import io.github.claudejakarta.claude.MessageBatch.Counts;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.web.ResultsUrl;
import io.github.claudejakarta.webhook.Callback;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.io.StringReader;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A snapshot of a managed batch, taken when the batch was read.
 *
 * @param owner the caller that may see the batch
 * @param revision grows with each change
 * @param parts one for each of Claude's message batches, resubmissions last
 * @param usage total of the parts whose results were read
 * @param callback where the end is reported, and the state of that delivery; empty without one
 * @param correlation the application's own id ({@code RequestOptions.withCorrelation}); empty without one
 * @param isSimulated whether a simulator, not Claude, accepted a part of the batch
 * @param endedAt empty while the batch runs, and again after a resubmission
 */
@PublicApi
@JsonbTypeAdapter(Batch.Adapter.class)
public record Batch(
        String id,
        String owner,
        BatchStatus status,
        long revision,
        long requests,
        List<BatchPart> parts,
        BatchUsage usage,
        Optional<Callback> callback,
        Optional<String> correlation,
        Instant createdAt,
        Optional<Instant> endedAt,
        boolean isSimulated)
        implements JsonBacked {

    private static final URI NOWHERE = URI.create("");

    public Batch {
        parts = List.copyOf(parts);
    }

    /**
     * Counts all requests, each once, by its latest outcome. The counts of a part do not change while Claude works on
     * the part.
     */
    public Counts requestCounts() {
        return parts.stream().map(BatchPart::counts).reduce(Counts.NONE, Counts::plus);
    }

    /**
     * Returns whether every request has a result. That is the case when the batch has ended, and also while some of its
     * requests are being resubmitted.
     */
    public boolean hasResults() {
        return !parts.isEmpty()
                && parts.stream()
                        .filter(part -> part.round() == 0)
                        .allMatch(part -> part.state().hasEnded());
    }

    /**
     * Returns the JSON of the HTTP API, with a {@code results_url} of null: an application serves results at a path of
     * its own.
     */
    @Override
    public JsonObject json() {
        return JsonText.builder(json(NOWHERE)).addNull("results_url").build();
    }

    /**
     * Returns the JSON of the HTTP API.
     *
     * @param server URL of this server as the caller knows it, without {@code /v1}
     */
    JsonObject json(URI server) {
        JsonObjectBuilder json = Json.createObjectBuilder()
                .add("id", id)
                .add("type", "batch")
                .add("status", status.toString())
                .add("requests", requests);
        if (isSimulated) {
            json.add("simulator", true);
        }
        var list = Json.createArrayBuilder();
        parts.forEach(part -> list.add(server.equals(NOWHERE) ? part.json() : withResultsUrl(server, part.json())));
        correlation.ifPresent(own -> json.add("correlation", own));
        return json.add("parts", list)
                .add("request_counts", requestCounts().json())
                .add("usage", usage.json())
                .add("callback", callback.map(one -> (JsonValue) one.json()).orElse(JsonValue.NULL))
                .add("created_at", createdAt.toString())
                .add(
                        "ended_at",
                        endedAt.map(end -> (JsonValue) Json.createValue(end.toString()))
                                .orElse(JsonValue.NULL))
                .add(
                        "results_url",
                        hasResults() ? Json.createValue(server + "/v1/batches/" + id + "/results") : JsonValue.NULL)
                .build();
    }

    private static JsonObject withResultsUrl(URI server, JsonObject part) {
        try (var reader = Json.createReader(new StringReader(ResultsUrl.rewrite(server, part.toString())))) {
            return reader.readObject();
        }
    }

    /** Returns the part with a number; empty if the batch has no such part. */
    public Optional<BatchPart> part(int number) {
        return parts.stream().filter(part -> part.number() == number).findFirst();
    }

    /** Returns the message batches of the parts that Claude has accepted. */
    List<MessageBatch> messageBatches() {
        return parts.stream().flatMap(part -> part.messageBatch().stream()).toList();
    }

    /** Writes and reads batches as JSON for JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<Batch> {

        public Adapter() {
            super(Batch.class);
        }
    }
}
