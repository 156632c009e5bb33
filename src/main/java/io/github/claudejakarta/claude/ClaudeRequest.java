package io.github.claudejakarta.claude;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A request to Claude: the operation, its headers and body, for which caller, and what becomes of a broken answer.
 *
 * <p>Immutable: {@code with...} methods return a copy. A request may be sent more than once, each time as a run of its
 * own; only a body whose memory is counted ({@link BufferedBody}) is gone once it was released. The HTTP method and
 * path are not part of a request, because Claude's platforms have different ones.
 */
public final class ClaudeRequest {

    /** The caller of requests that the application itself sends. */
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

    /** Requests a message as a whole. */
    public static ClaudeRequest message(RequestBody body) {
        return of(RequestKind.CREATE_MESSAGE, "", Objects.requireNonNull(body, "body"));
    }

    /** Requests a message as events. The body says {@code "stream": true}. */
    public static ClaudeRequest stream(RequestBody body) {
        return of(RequestKind.STREAM_MESSAGE, "", Objects.requireNonNull(body, "body"));
    }

    /** Requests the number of input tokens of a message. */
    public static ClaudeRequest countTokens(RequestBody body) {
        return of(RequestKind.COUNT_TOKENS, "", Objects.requireNonNull(body, "body"));
    }

    /** Lists models. */
    public static ClaudeRequest models() {
        return of(RequestKind.LIST_MODELS, "", null);
    }

    /** @param id as in a path, percent-encoded where necessary */
    public static ClaudeRequest model(String id) {
        return of(RequestKind.GET_MODEL, id, null);
    }

    /** Creates a message batch. */
    public static ClaudeRequest createBatch(RequestBody body) {
        return of(RequestKind.CREATE_BATCH, "", Objects.requireNonNull(body, "body"));
    }

    /** Lists message batches. */
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

    /** @param newHeaders in place of all headers; their names are not case-sensitive */
    public ClaudeRequest withHeaders(Map<String, String> newHeaders) {
        var sorted = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        sorted.putAll(newHeaders);
        return new ClaudeRequest(kind, id, query, Collections.unmodifiableMap(sorted), body, caller, model, terms);
    }

    /** Returns a copy with another body, for example of a request that continues an answer. */
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

    /** @param newRecovery what becomes of a streamed answer that breaks off */
    public ClaudeRequest withRecovery(RecoveryMode newRecovery) {
        return with(terms.withRecovery(newRecovery));
    }

    /** @param newTimeout for all attempts together; for a stream up to its last event */
    public ClaudeRequest withTimeout(Duration newTimeout) {
        return with(terms.withTimeout(newTimeout));
    }

    /** @param newApiKey sent in place of the server's key, and of a credential in the headers */
    public ClaudeRequest withApiKey(String newApiKey) {
        return with(terms.withApiKey(newApiKey));
    }

    /** @param newCorrelation an id of the application's own, which Claude does not see */
    public ClaudeRequest withCorrelation(String newCorrelation) {
        return with(terms.withCorrelation(newCorrelation));
    }

    /** Returns a copy with everything that the options say; what they do not mention stays. */
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

    /** The id of the model or message batch, as in a path; {@code ""} where the kind has none. */
    public String id() {
        return id;
    }

    /** The query, percent-encoded, without question mark; {@code ""} where there is none. */
    public String query() {
        return query;
    }

    /** The headers of this request alone; their names are not case-sensitive. */
    public Map<String, String> headers() {
        return headers;
    }

    public Optional<RequestBody> body() {
        return body;
    }

    /** The name of the caller for whom it is sent; {@link #LOCAL} for the application itself. */
    public String caller() {
        return caller;
    }

    /** The model that is requested; {@code ""} where none is, or the body was not parsed. */
    public String model() {
        return model;
    }

    /** What becomes of a streamed answer that breaks off; empty where that is left to the configuration. */
    public Optional<RecoveryMode> recovery() {
        return terms.recovery();
    }

    /** The time limit for all attempts together; empty where only the limits of the configuration apply. */
    public Optional<Duration> timeout() {
        return terms.timeout();
    }

    /** The key that is sent in place of the server's; empty where that is sent. */
    public Optional<String> apiKey() {
        return terms.apiKey();
    }

    /** The application's own id for the request; empty without one. */
    public Optional<String> correlation() {
        return terms.correlation();
    }

    /** How a request is carried out, where that is said. */
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

    /** Without headers, keys and body, which hold secrets and prompts. */
    @Override
    public String toString() {
        return kind + (id.isEmpty() ? "" : " " + id) + " for " + caller;
    }
}
