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
 * A managed batch as it stood when it was asked for.
 *
 * @param owner the caller who may see it
 * @param revision grows with each change
 * @param parts Anthropic's batches, resubmissions last
 * @param usage over the parts whose results were read
 * @param callback who is told of its end
 * @param correlation the application's own id ({@code RequestOptions.withCorrelation}); empty without one
 * @param isSimulated whether a simulator accepted a part of it, and not Claude
 * @param endedAt empty while it runs, and again after a resubmission
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

    /** Of all requests, each counted once, by its latest outcome. They do not move while Claude works on a part. */
    public Counts requestCounts() {
        return parts.stream().map(BatchPart::counts).reduce(Counts.NONE, Counts::plus);
    }

    /** Whether there is a result for every request: at the end, and also while some are being sent again. */
    public boolean hasResults() {
        return !parts.isEmpty()
                && parts.stream()
                        .filter(part -> part.round() == 0)
                        .allMatch(part -> part.state().isOver());
    }

    /** As the API shows it, but without {@code results_url}: an application serves results at a path of its own. */
    @Override
    public JsonObject json() {
        return JsonText.builder(json(NOWHERE)).addNull("results_url").build();
    }

    /** @param server this server's URL as the caller knows it, without {@code /v1} */
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
        parts.forEach(part -> list.add(server.equals(NOWHERE) ? part.json() : pointedTo(server, part.json())));
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

    private static JsonObject pointedTo(URI server, JsonObject part) {
        try (var reader = Json.createReader(new StringReader(ResultsUrl.rewrite(server, part.toString())))) {
            return reader.readObject();
        }
    }

    /** The part of that number. */
    public Optional<BatchPart> part(int number) {
        return parts.stream().filter(part -> part.number() == number).findFirst();
    }

    /** Of Claude's batches, those that are known by now. */
    List<MessageBatch> messageBatches() {
        return parts.stream().flatMap(part -> part.messageBatch().stream()).toList();
    }

    /** For JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<Batch> {

        public Adapter() {
            super(Batch.class);
        }
    }
}
