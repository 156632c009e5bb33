package io.github.claudejakarta.simulator;

import jakarta.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;

/** Answers messages, and the questions how long they are. */
final class Messages {

    private static final byte[] PAGE = """
            <!DOCTYPE html>
            <html><head><title>Not an API</title></head><body><h1>Please log in to the network</h1></body></html>
            """.getBytes(StandardCharsets.UTF_8);

    private final Recorder recorder;
    private final Failures failures;
    private final Clock clock;

    Messages(Recorder recorder, Failures failures, Clock clock) {
        this.recorder = recorder;
        this.failures = failures;
        this.clock = clock;
    }

    void countTokens(HttpRequest request, HttpResponse response) throws IOException {
        var params = MessageParams.ofCount(request);
        Dispatcher.send(Json.createObjectBuilder().add("input_tokens", params.inputTokens()).build(), response);
    }

    void create(HttpRequest request, HttpResponse response, String requestId) throws IOException {
        var params = MessageParams.ofMessage(request);
        recorder.messageOpened();
        var isAborted = false;
        try {
            answer(params, response, requestId);
        } catch (IOException e) {
            isAborted = true;
            throw e;
        } finally {
            recorder.messageClosed(isAborted);
        }
    }

    private void answer(MessageParams params, HttpResponse response, String requestId) throws IOException {
        var directives = failures.remaining(params.directives());
        var pace = Pace.of(directives);
        var answer = new Composer(params, directives, clock).compose();
        if (directives.isOn("no_headers")) {
            response.stall();
        }
        response.pause(pace.first());
        if (directives.has("content_type")) {
            response.send(directives.number("status", 200), directives.text("content_type").orElseThrow(), PAGE);
        } else if (directives.isOn("enforced_spend_limit")) {
            throw ApiError.spendLimit();
        } else if (directives.has("status")) {
            throw refusal(directives, response);
        } else if (params.isStreamed()) {
            new StreamReply(answer, directives, pace, requestId).send(response);
        } else {
            new WholeReply(answer, directives, pace).send(response);
        }
    }

    private static ApiError refusal(Directives directives, HttpResponse response) {
        directives.text("retry_after").ifPresent(value -> response.header("retry-after", value));
        directives.text("retry_after_ms").ifPresent(value -> response.header("retry-after-ms", value));
        directives.text("should_retry").ifPresent(value -> response.header("x-should-retry", value));
        var status = directives.number("status", 500);
        if (status < 400 || status > 599) {
            throw new ApiError(400, "sim: status is a number from 400 to 599");
        }
        return ApiError.scripted(status, directives.text("error_type").orElse(ApiError.typeOf(status)));
    }
}
