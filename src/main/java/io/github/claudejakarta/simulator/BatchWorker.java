package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonObject;
import java.time.Clock;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Works off the requests of a batch: first how each ends, later and as often as asked its result.
 *
 * <p>Only the first is kept. A result is made anew each time, and is the same each time.
 *
 * @param version the {@code anthropic-version} that the batch was created with
 * @param maxParams bytes of one request's params
 * @param failures counts what goes wrong only some times
 * @param replies what a test has the simulator answer
 */
record BatchWorker(String version, int maxParams, Failures failures, Replies replies) {

    private static final Set<String> NOT_IN_BATCHES = Set.of("speed", "fallbacks");

    Outcome decide(BatchRequest request) {
        try {
            var params = params(request);
            var directives = failures.remaining(directives(params));
            check(params, directives);
            return error(directives).isPresent() ? Outcome.ERRORED : Outcome.of(directives);
        } catch (RuntimeException refused) {
            return Outcome.ERRORED;
        }
    }

    /** A line of the results, without its end. */
    JsonObject line(BatchRequest request, Outcome outcome, Clock clock, RandomGenerator ids) {
        var result = PROVIDER.createObjectBuilder().add("type", outcome.wireName());
        switch (outcome) {
            case SUCCEEDED -> result.add("message", message(request, clock, ids));
            case ERRORED -> result.add("error", error(request).bodyOfResult());
            default -> {
                // no more than its type
            }
        }
        return PROVIDER.createObjectBuilder()
                .add("custom_id", request.customId())
                .add("result", result)
                .build();
    }

    private JsonObject message(BatchRequest request, Clock clock, RandomGenerator ids) {
        var params = params(request);
        return replies.ofScript(params)
                .flatMap(reply -> reply.answer(params, ids))
                .orElseGet(() -> compose(params, directives(params), clock, ids))
                .batched();
    }

    /** The same as when it was decided: faults that had happened often enough did not lead here. */
    private ApiError error(BatchRequest request) {
        try {
            var params = params(request);
            var directives = directives(params);
            check(params, directives);
            var error = error(directives).orElseThrow();
            return replies.ofScript(params)
                    .flatMap(Reply::errorMessage)
                    .map(error::withMessage)
                    .orElse(error);
        } catch (ApiError refused) {
            return refused;
        } catch (RuntimeException e) {
            return new ApiError(500, "The simulator failed");
        }
    }

    private Directives directives(MessageParams params) {
        return replies.ofScript(params).map(Reply::directives).orElseGet(params::directives);
    }

    private MessageParams params(BatchRequest request) {
        if (request.params().length() > maxParams) {
            throw new ApiError(413, "Request exceeds the maximum size");
        }
        var params = MessageParams.ofMessage(request.params(), version);
        if (params.isStreamed()) {
            throw new ApiError(400, "stream: Streaming is not supported in Message Batches");
        }
        if (params.maxTokens() == 0) {
            throw new ApiError(400, "max_tokens: Input should be greater than 0 in Message Batches");
        }
        for (var name : NOT_IN_BATCHES) {
            if (params.body().containsKey(name)) {
                throw new ApiError(400, name + ": not supported in Message Batches");
            }
        }
        return params;
    }

    /** Refuses what only composing an answer would find. */
    private static void check(MessageParams params, Directives directives) {
        WholeReply.checkSize(directives);
        compose(params, directives, Clock.systemUTC(), new Random());
    }

    private static Answer compose(MessageParams params, Directives directives, Clock clock, RandomGenerator ids) {
        return new Composer(params, directives, clock, ids).compose();
    }

    /** What is asked for, or what a message would have been answered with. */
    private static Optional<ApiError> error(Directives directives) {
        var outcome = Outcome.of(directives);
        if (outcome == Outcome.ERRORED) {
            var type = directives.text("error_type").orElse("api_error");
            return Optional.of(ApiError.scripted(ApiError.statusOf(type), type));
        }
        if (outcome != Outcome.SUCCEEDED) {
            return Optional.empty();
        }
        if (directives.isOn("enforced_spend_limit")) {
            return Optional.of(ApiError.spendLimit());
        }
        return directives.has("status")
                ? Optional.of(ScriptedRefusal.of("status", directives).error())
                : WholeReply.error(directives);
    }
}
