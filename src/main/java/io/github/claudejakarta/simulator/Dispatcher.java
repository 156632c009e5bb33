package io.github.claudejakarta.simulator;

import jakarta.json.JsonStructure;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;

/** Routes each request to the class that answers it, and sends errors in Claude's format. */
final class Dispatcher {

    static final String JSON = "application/json";

    private static final Logger LOG = System.getLogger(Dispatcher.class.getName());
    private static final Set<String> VERSIONS = Set.of("2023-06-01", "2026-10-21");
    private static final Duration RATE_LIMIT_WINDOW = Duration.ofMinutes(1);
    private static final String MODELS = "/v1/models";

    private final Messages messages;
    private final Batches batches;
    private final Recorder recorder;
    private final Clock clock;

    Dispatcher(Messages messages, Batches batches, Recorder recorder, Clock clock) {
        this.messages = messages;
        this.batches = batches;
        this.recorder = recorder;
        this.clock = clock;
    }

    void answer(HttpRequest request, HttpResponse response) throws IOException {
        recorder.arrived(RecordedRequest.of(request));
        var requestId = setHeaders(response);
        try {
            checkHeaders(request);
            route(request, response, requestId);
        } catch (ApiError e) {
            sendError(e, response, requestId);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "The simulator failed in " + requestId, e);
            sendError(new ApiError(500, "The simulator failed"), response, requestId);
        }
    }

    /** Answers a request that could not be read. */
    void reject(ApiError error, HttpResponse response) throws IOException {
        sendError(error, response, setHeaders(response));
    }

    private void route(HttpRequest request, HttpResponse response, String requestId) throws IOException {
        var path = request.path();
        if (path.equals("/v1/messages")) {
            requireMethod("POST", request);
            messages.create(request, response, requestId);
        } else if (path.equals("/v1/messages/count_tokens")) {
            requireMethod("POST", request);
            messages.countTokens(request, response);
        } else if (path.equals(Batches.PATH) || path.startsWith(Batches.PATH + "/")) {
            batches.answer(request, response);
        } else if (path.equals(MODELS)) {
            requireMethod("GET", request);
            send(Models.page(request), response);
        } else if (path.startsWith(MODELS + "/")) {
            requireMethod("GET", request);
            send(Models.find(path.substring(MODELS.length() + 1)), response);
        } else {
            throw new ApiError(404, "Not found");
        }
    }

    static void requireMethod(String method, HttpRequest request) {
        if (!request.method().equals(method)) {
            throw new ApiError(405, "Method Not Allowed");
        }
    }

    /**
     * Checks the key and the version. Only the key {@code bad} is rejected; a request without a key is accepted.
     * {@code x-api-key} takes precedence over {@code authorization} unless it is blank.
     */
    private static void checkHeaders(HttpRequest request) {
        var bearer = request.header("authorization").map(value -> value.replaceFirst("(?i)^Bearer\\s+", ""));
        if (request.header("x-api-key")
                .filter(key -> !key.isBlank())
                .or(() -> bearer)
                .filter("bad"::equals)
                .isPresent()) {
            throw new ApiError(401, "invalid x-api-key");
        }
        var version = request.header("anthropic-version")
                .orElseThrow(() -> new ApiError(400, "anthropic-version: header is required"));
        if (!VERSIONS.contains(version)) {
            throw new ApiError(400, "anthropic-version: \"" + version + "\" is not a valid version");
        }
    }

    /** Sets the headers that each response has, and returns the request id. */
    private String setHeaders(HttpResponse response) {
        var requestId = Ids.next("req");
        response.header("request-id", requestId);
        response.header("anthropic-organization-id", "00000000-0000-4000-8000-000000000000");
        response.header("claude-simulator", "true");
        var reset = clock.instant()
                .plus(RATE_LIMIT_WINDOW)
                .truncatedTo(ChronoUnit.SECONDS)
                .toString();
        for (var kind : List.of("requests", "tokens", "input-tokens", "output-tokens")) {
            response.header("anthropic-ratelimit-" + kind + "-limit", "4000000");
            response.header("anthropic-ratelimit-" + kind + "-remaining", "3999000");
            response.header("anthropic-ratelimit-" + kind + "-reset", reset);
        }
        return requestId;
    }

    private static void sendError(ApiError error, HttpResponse response, String requestId) throws IOException {
        if (response.isBegun()) {
            response.cut(true);
        } else {
            response.send(error.status(), JSON, bytes(error.body(requestId)));
        }
    }

    static void send(JsonStructure body, HttpResponse response) throws IOException {
        response.send(200, JSON, bytes(body));
    }

    static byte[] bytes(JsonStructure json) {
        return JsonText.bytes(json.toString());
    }
}
