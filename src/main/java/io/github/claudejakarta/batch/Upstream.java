package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageBatch;
import io.github.claudejakarta.claude.http.CallSequence;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.InputStream;
import java.io.StringReader;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Sends the requests about message batches to Claude. */
final class Upstream {

    /** The maximum difference of the clocks. */
    private static final Duration SKEW = Duration.ofMinutes(1);

    /** The maximum time from a request to Claude until the message batch is created. */
    private static final Duration MAX_CREATION_TIME = Duration.ofMinutes(15);

    private static final int PAGE = 100;
    private static final int MAX_PAGES = 20;

    private final ClaudeClient client;

    Upstream(ClaudeClient client) {
        this.client = client;
    }

    /**
     * The result of the search for a part whose answer was lost.
     *
     * @param found the message batch of the part; empty if Claude has no such message batch
     * @param isConclusive whether the result is certain
     * @param doubt why the result is not certain
     * @param isSimulated whether a simulator, not Claude, has it
     */
    record LookUp(Optional<MessageBatch> found, boolean isConclusive, String doubt, boolean isSimulated) {

        static LookUp certain(MessageBatch batch, boolean isSimulated) {
            return new LookUp(Optional.of(batch), true, "", isSimulated);
        }

        static final LookUp ABSENT = new LookUp(Optional.empty(), true, "", false);

        static LookUp uncertain(String why) {
            return new LookUp(Optional.empty(), false, why, false);
        }
    }

    /**
     * A download of results.
     *
     * @param content the reader closes it
     * @param isSimulated whether a simulator, not Claude, wrote the results
     */
    record Results(InputStream content, boolean isSimulated) {}

    /**
     * Opens a download of results. The caller of this method closes its content.
     *
     * @param owner owner of the batch, which is the caller of the request
     * @param calls receives the download, so that it can be canceled
     */
    Results results(String owner, Map<String, String> headers, String id, CallSequence calls) {
        ClaudeCall call = calls.next(new ClaudeCall(
                ClaudeRequest.batchResults(id).withHeaders(headers).withCaller(owner)));
        InputStream content = client.call(call).asDownload().content();
        return new Results(content, call.isSimulated());
    }

    MessageBatch retrieve(PartSnapshot found, String id) {
        return batch(answer(found, ClaudeRequest.batch(id)));
    }

    MessageBatch cancel(PartSnapshot found, String id) {
        return batch(answer(found, ClaudeRequest.cancelBatch(id)));
    }

    void delete(String owner, Map<String, String> headers, String id) {
        client.call(new ClaudeCall(
                ClaudeRequest.deleteBatch(id).withHeaders(headers).withCaller(owner)));
    }

    private String answer(PartSnapshot found, ClaudeRequest request) {
        return answer(call(found, request));
    }

    private static ClaudeCall call(PartSnapshot found, ClaudeRequest request) {
        return new ClaudeCall(request.withHeaders(found.headers().forClaude()).withCaller(found.owner()));
    }

    private String answer(ClaudeCall call) {
        return client.call(call).asWhole().text();
    }

    /**
     * Reads the answer to a creation.
     *
     * @throws IllegalArgumentException if the answer is not a message batch, or has no id
     */
    static MessageBatch created(String text) {
        MessageBatch batch = MessageBatch.parse(text);
        if (batch.id().isBlank()) {
            throw new IllegalArgumentException("Claude's answer is a message batch without an id");
        }
        return batch;
    }

    private static MessageBatch batch(String text) {
        try {
            return MessageBatch.parse(text);
        } catch (IllegalArgumentException e) {
            throw ClaudeException.of(ErrorKind.BROKEN, ErrorType.API, e.getMessage())
                    .withCause(e);
        }
    }

    /**
     * Looks for a message batch that was created when the part was sent, has the same number of requests, and belongs
     * to no other part. Message batches have no other property that identifies them. Reading the results later shows
     * whether they belong to the part.
     *
     * @param lost when the answer was known to be lost
     * @throws ClaudeException if the list could not be read
     */
    LookUp lookUp(PartSnapshot found, Instant lost, PartStates states) {
        Instant sent = found.part().sentAt().orElseThrow();
        var candidates = new ArrayList<MessageBatch>();
        boolean isWhole = false;
        boolean isSimulated = false;
        String after = null;
        for (int page = 0; page < MAX_PAGES && !isWhole; page++) {
            ClaudeCall call = call(
                    found,
                    ClaudeRequest.batches().withQuery("limit=" + PAGE + (after == null ? "" : "&after_id=" + after)));
            JsonObject list = object(answer(call));
            isSimulated = call.isSimulated();
            List<MessageBatch> batches = batches(list);
            batches.stream().filter(batch -> matches(found, sent, lost, batch)).forEach(candidates::add);
            boolean hasOlderBatch = batches.stream()
                    .anyMatch(batch -> batch.createdAt()
                            .filter(created -> created.isBefore(sent.minus(SKEW)))
                            .isPresent());
            isWhole = hasOlderBatch || batches.isEmpty() || !list.getBoolean("has_more", false);
            after = batches.isEmpty() ? null : batches.get(batches.size() - 1).id();
        }
        Set<String> assigned =
                states.findOurs(candidates.stream().map(MessageBatch::id).toList());
        candidates.removeIf(batch -> assigned.contains(batch.id()));
        if (candidates.size() == 1 && isWhole && !states.hasSimilarPart(found, MAX_CREATION_TIME)) {
            return LookUp.certain(candidates.get(0), isSimulated);
        }
        if (candidates.isEmpty() && isWhole) {
            return LookUp.ABSENT;
        }
        return LookUp.uncertain(
                candidates.isEmpty()
                        ? "Claude lists too many message batches to search"
                        : "The part may be one of these message batches, or none: "
                                + String.join(
                                        ", ",
                                        candidates.stream()
                                                .map(MessageBatch::id)
                                                .toList()));
    }

    private static boolean matches(PartSnapshot found, Instant sent, Instant lost, MessageBatch batch) {
        return batch.requestCounts().all() == found.part().requests()
                && batch.createdAt()
                        .filter(created -> !created.isBefore(sent.minus(SKEW)) && !created.isAfter(lost.plus(SKEW)))
                        .isPresent();
    }

    private static List<MessageBatch> batches(JsonObject list) {
        var batches = new ArrayList<MessageBatch>();
        for (JsonValue value :
                list.getOrDefault("data", JsonValue.EMPTY_JSON_ARRAY).asJsonArray()) {
            batches.add(new MessageBatch(value.asJsonObject()));
        }
        return batches;
    }

    private static JsonObject object(String text) {
        try (var reader = Json.createReader(new StringReader(text))) {
            return reader.readObject();
        } catch (JsonException | ClassCastException | IllegalStateException e) {
            throw ClaudeException.of(ErrorKind.BROKEN, ErrorType.API, "Claude's answer is not a JSON object")
                    .withCause(e);
        }
    }
}
