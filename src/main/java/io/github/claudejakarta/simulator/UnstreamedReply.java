package io.github.claudejakarta.simulator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Sends an answer that is not streamed. A stream's faults become an error status, or happen halfway through the body.
 */
final class UnstreamedReply {

    private static final int MAX_CHARACTERS = 64 << 20;

    private final Answer answer;
    private final Directives directives;
    private final Pace pace;

    UnstreamedReply(Answer answer, Directives directives, Pace pace) {
        this.answer = answer;
        this.directives = directives;
        this.pace = pace;
    }

    void send(HttpResponse response) throws IOException {
        checkSize(directives);
        var deltas = answer.content().stream()
                .mapToLong(block -> block.pieces().size())
                .sum();
        response.pause(pace.delta().multipliedBy(deltas));
        var error = error(directives);
        if (error.isPresent()) {
            throw error.get();
        }
        var body = directives.isOn("garbage")
                ? "{\"type\":\"message\",\"content\":[{\"type\":\"te".getBytes(StandardCharsets.UTF_8)
                : Dispatcher.bytes(answer.message());
        if (directives.has("cut_at")) {
            response.sendPart(200, Dispatcher.JSON, body, body.length / 2);
            response.cut(Fault.isReset(directives));
        } else if (directives.has("stall_at")) {
            response.sendPart(200, Dispatcher.JSON, body, body.length / 2);
            response.stall();
        } else if (directives.has("truncate_at")) {
            response.begin(200, Dispatcher.JSON);
            response.write(body, 0, body.length / 2);
            response.end();
        } else {
            response.send(200, Dispatcher.JSON, body);
        }
    }

    static void checkSize(Directives directives) {
        if ((long) directives.number("events", 0) * directives.number("size", 12) > MAX_CHARACTERS) {
            throw new ApiError(
                    400,
                    "sim: events times size must not exceed " + MAX_CHARACTERS
                            + " characters in an answer that is not streamed");
        }
    }

    /** Returns the error that a stream would send as an {@code error} event. */
    static Optional<ApiError> error(Directives directives) {
        if (!directives.has("error_first") && !directives.has("error_at")) {
            return Optional.empty();
        }
        var type = directives
                .text("error_first")
                .or(() -> directives.text("error_type"))
                .orElse("overloaded_error");
        return Optional.of(ApiError.scripted(ApiError.statusOf(type), type));
    }
}
