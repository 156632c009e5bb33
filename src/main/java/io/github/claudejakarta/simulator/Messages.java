package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Answers requests for messages, and requests that count their tokens. */
final class Messages {

    private static final byte[] PAGE = """
            <!DOCTYPE html>
            <html><head><title>Not an API</title></head><body><h1>Please log in to the network</h1></body></html>
            """.getBytes(StandardCharsets.UTF_8);

    private final Recorder recorder;
    private final Failures failures;
    private final Replies replies;
    private final Clock clock;

    Messages(Recorder recorder, Failures failures, Replies replies, Clock clock) {
        this.recorder = recorder;
        this.failures = failures;
        this.replies = replies;
        this.clock = clock;
    }

    void countTokens(HttpRequest request, HttpResponse response) throws IOException {
        var params = MessageParams.ofCount(request);
        Dispatcher.send(
                PROVIDER.createObjectBuilder()
                        .add("input_tokens", params.inputTokens())
                        .build(),
                response);
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
        var ids = ThreadLocalRandom.current();
        var reply = replies.to(params);
        var continuation =
                reply.isPresent() ? Optional.<ContinuationReply>empty() : ContinuationReply.of(params, clock, ids);
        var directives = failures.remaining(reply.map(Reply::directives)
                .or(() -> continuation.map(ContinuationReply::directives))
                .orElseGet(params::directives));
        var pace = replies.pace(directives);
        var answer = reply.flatMap(scripted -> scripted.answer(params, ids))
                .or(() -> continuation.map(ContinuationReply::answer))
                .orElseGet(() -> new Composer(params, directives, clock, ids).compose());
        if (directives.isOn("no_headers")) {
            response.stall();
        }
        response.pause(pace.first());
        if (directives.has("content_type")) {
            response.send(
                    directives.number("status", 200),
                    directives.text("content_type").orElseThrow(),
                    PAGE);
        } else if (directives.isOn("enforced_spend_limit")) {
            throw ApiError.spendLimit();
        } else if (directives.has("status")) {
            throw ScriptedError.of("status", directives)
                    .withMessage(reply.flatMap(Reply::errorMessage))
                    .withHeadersIn(response);
        } else if (params.isStreamed()) {
            new StreamReply(answer, directives, pace, requestId).send(response);
        } else {
            new UnstreamedReply(answer, directives, pace).send(response);
        }
    }
}
