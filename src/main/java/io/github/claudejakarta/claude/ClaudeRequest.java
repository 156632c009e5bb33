package io.github.claudejakarta.claude;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A request to Claude: the operation, its headers and body, the caller, and the recovery of a broken answer.
 *
 * <p>Immutable: {@code with...} methods return a copy. A request may be sent several times, independently. Only a body
 * whose memory is counted ({@link BufferedBody}) cannot be sent after its release. The HTTP method and path are not
 * part of a request, because they differ between Claude's platforms.
 */
public final class ClaudeRequest {

    /** The name of the caller of requests that the application itself sends. */
    public static final String LOCAL = "local";

    private final RequestKind kind;
    private final String id;
    private final String query;
    private final Map<String, String> headers;
    private final Optional<RequestBody> body;
    private final String caller;
    private final String model;
    private final Terms terms;

    private ClaudeRequest(
            RequestKind kind,
            String id,
            String query,
            Map<String, String> headers,
            Optional<RequestBody> body,
            String caller,
            String model,
            Terms terms) {
        this.kind = kind;
        this.id = Objects.requireNonNull(id, "id");
        this.query = Objects.requireNonNull(query, "query");
        this.headers = headers;
        this.body = body;
        this.caller = Objects.requireNonNull(caller, "caller");
        this.model = Objects.requireNonNull(model, "model");
        this.terms = terms;
    }

    private static ClaudeRequest of(RequestKind kind, String id, RequestBody body) {
        return new ClaudeRequest(kind, id, "", Map.of(), Optional.ofNullable(body), LOCAL, "", Terms.NONE);
    }

    /** Returns a request for a whole message. */
    public static ClaudeRequest message(RequestBody body) {
        return of(RequestKind.CREATE_MESSAGE, "", Objects.requireNonNull(body, "body"));
    }

    /** Returns a request for a message as events. The body must have {@code "stream": true}. */
    public static ClaudeRequest stream(RequestBody body) {
        return of(RequestKind.STREAM_MESSAGE, "", Objects.requireNonNull(body, "body"));
    }

    /** Returns a request for the number of input tokens of a message. */
    public static ClaudeRequest countTokens(RequestBody body) {
        return of(RequestKind.COUNT_TOKENS, "", Objects.requireNonNull(body, "body"));
    }

    /** Returns a request for the list of models. */
    public static ClaudeRequest models() {
        return of(RequestKind.LIST_MODELS, "", null);
    }

    /** @param id as in a path, percent-encoded where necessary */
    public static ClaudeRequest model(String id) {
        return of(RequestKind.GET_MODEL, id, null);
    }

    /** Returns a request that creates a message batch. */
    public static ClaudeRequest createBatch(RequestBody body) {
        return of(RequestKind.CREATE_BATCH, "", Objects.requireNonNull(body, "body"));
    }

    /** Returns a request for the list of message batches. */
    public static ClaudeRequest batches() {
        return of(RequestKind.LIST_BATCHES, "", null);
    }

    /** @param id as in a path, percent-encoded where necessary */
    public static ClaudeRequest batch(String id) {
        return of(RequestKind.GET_BATCH, id, null);
    }

    /** @param id as in a path, percent-encoded where necessary */
    public static ClaudeRequest cancelBatch(String id) {
        return of(RequestKind.CANCEL_BATCH, id, RequestBody.of(new byte[0]));
    }

    /** @param id as in a path, percent-encoded where necessary */
    public static ClaudeRequest deleteBatch(String id) {
        return of(RequestKind.DELETE_BATCH, id, null);
    }

    /** @param id as in a path, percent-encoded where necessary */
    public static ClaudeRequest batchResults(String id) {
        return of(RequestKind.GET_BATCH_RESULTS, id, null);
    }

    /** @param newQuery percent-encoded, without question mark; {@code ""} for no query */
    public ClaudeRequest withQuery(String newQuery) {
        return new ClaudeRequest(kind, id, newQuery, headers, body, caller, model, terms);
    }

    /** @param newHeaders headers that replace all headers; names are not case-sensitive */
    public ClaudeRequest withHeaders(Map<String, String> newHeaders) {
        var sorted = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        sorted.putAll(newHeaders);
        return new ClaudeRequest(kind, id, query, Collections.unmodifiableMap(sorted), body, caller, model, terms);
    }

    /** Returns a copy with another body, for example to continue an answer. */
    public ClaudeRequest withBody(RequestBody newBody) {
        return new ClaudeRequest(kind, id, query, headers, Optional.of(newBody), caller, model, terms);
    }

    /** Returns a copy that no longer refers to the body. */
    public ClaudeRequest withoutBody() {
        return new ClaudeRequest(kind, id, query, headers, Optional.empty(), caller, model, terms);
    }

    /** @param newCaller name of the caller for whom the request is sent, which Claude does not see */
    public ClaudeRequest withCaller(String newCaller) {
        return new ClaudeRequest(kind, id, query, headers, body, newCaller, model, terms);
    }

    /** @param newModel the model in the body, for observers */
    public ClaudeRequest withModel(String newModel) {
        return new ClaudeRequest(kind, id, query, headers, body, caller, newModel, terms);
    }

    /** @param newRecovery whether a streamed answer that breaks off is continued */
    public ClaudeRequest withRecovery(RecoveryMode newRecovery) {
        return with(terms.withRecovery(newRecovery));
    }

    /** @param newTimeout time limit for all attempts together; for a stream up to its last event */
    public ClaudeRequest withTimeout(Duration newTimeout) {
        return with(terms.withTimeout(newTimeout));
    }

    /** @param newApiKey key that is sent instead of the server's key and of a credential in the headers */
    public ClaudeRequest withApiKey(String newApiKey) {
        return with(terms.withApiKey(newApiKey));
    }

    /** @param newCorrelation an id of the application, which Claude does not see */
    public ClaudeRequest withCorrelation(String newCorrelation) {
        return with(terms.withCorrelation(newCorrelation));
    }

    /** Returns a copy with the settings of the options. Settings that the options do not have stay unchanged. */
    public ClaudeRequest with(RequestOptions options) {
        var all = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        all.putAll(headers);
        all.putAll(options.headers());
        return withHeaders(all)
                .withCaller(options.caller().orElse(caller))
                .with(new Terms(
                        options.recovery().or(terms::recovery),
                        options.timeout().or(terms::timeout),
                        options.apiKey().or(terms::apiKey),
                        options.correlation().or(terms::correlation)));
    }

    private ClaudeRequest with(Terms newTerms) {
        return new ClaudeRequest(kind, id, query, headers, body, caller, model, newTerms);
    }

    public RequestKind kind() {
        return kind;
    }

    /** Returns the id of the model or message batch, as in a path; {@code ""} for a kind without an id. */
    public String id() {
        return id;
    }

    /** Returns the query, percent-encoded, without question mark; {@code ""} without a query. */
    public String query() {
        return query;
    }

    /** Returns the headers that this request sets; names are not case-sensitive. */
    public Map<String, String> headers() {
        return headers;
    }

    public Optional<RequestBody> body() {
        return body;
    }

    /** Returns the name of the caller for which the request is sent; {@link #LOCAL} for the application itself. */
    public String caller() {
        return caller;
    }

    /** Returns the requested model; {@code ""} if the request has no model, or its body was not parsed. */
    public String model() {
        return model;
    }

    /** Returns whether a streamed answer that breaks off is continued; empty if the configuration decides. */
    public Optional<RecoveryMode> recovery() {
        return terms.recovery();
    }

    /** Returns the time limit for all attempts together; empty if only the limits of the configuration apply. */
    public Optional<Duration> timeout() {
        return terms.timeout();
    }

    /** Returns the key that is sent instead of the server's key; empty if the server's key is sent. */
    public Optional<String> apiKey() {
        return terms.apiKey();
    }

    /** Returns the application's id for the request; empty without one. */
    public Optional<String> correlation() {
        return terms.correlation();
    }

    /** The settings of a request that {@link RequestOptions} may set. */
    private record Terms(
            Optional<RecoveryMode> recovery,
            Optional<Duration> timeout,
            Optional<String> apiKey,
            Optional<String> correlation) {

        static final Terms NONE = new Terms(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

        Terms withRecovery(RecoveryMode mode) {
            return new Terms(Optional.of(mode), timeout, apiKey, correlation);
        }

        Terms withTimeout(Duration limit) {
            return new Terms(recovery, Optional.of(limit), apiKey, correlation);
        }

        Terms withApiKey(String key) {
            return new Terms(recovery, timeout, Optional.of(key), correlation);
        }

        Terms withCorrelation(String id) {
            return new Terms(recovery, timeout, apiKey, Optional.of(id));
        }
    }

    /** Returns a text without headers, keys and body, which contain secrets and prompts. */
    @Override
    public String toString() {
        return kind + (id.isEmpty() ? "" : " " + id) + " for " + caller;
    }
}
