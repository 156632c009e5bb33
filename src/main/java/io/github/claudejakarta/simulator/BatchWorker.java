package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonObject;
import java.time.Clock;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Processes the requests of a batch: decides the outcome of each request, and generates its result.
 *
 * <p>Only the outcome is stored. A result is generated for each download, and is the same each time.
 *
 * @param version the {@code anthropic-version} that the batch was created with
 * @param maxParams the limit of one request's params, in bytes
 * @param failures counts faults that happen a limited number of times
 * @param replies the replies of a test
 */
record BatchWorker(String version, int maxParams, Failures failures, Replies replies) {

    private static final Set<String> NOT_IN_BATCHES = Set.of("speed", "fallbacks");

    Outcome decide(BatchRequest request) {
        try {
            var params = params(request);
            var directives = failures.remaining(directives(params));
            check(params, directives);
            return error(directives).isPresent() ? Outcome.ERRORED : Outcome.of(directives);
        } catch (RuntimeException e) {
            return Outcome.ERRORED;
        }
    }

    /** Returns a line of the results, without its line end. */
    JsonObject line(BatchRequest request, Outcome outcome, Clock clock, RandomGenerator ids) {
        var result = PROVIDER.createObjectBuilder().add("type", outcome.wireName());
        switch (outcome) {
            case SUCCEEDED -> result.add("message", message(request, clock, ids));
            case ERRORED -> result.add("error", error(request).batchBody());
            default -> {
                // The result has only a type.
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
                .batchMessage();
    }

    /** Returns the error of a request whose outcome is {@code ERRORED}: the error that led to this outcome. */
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
        } catch (ApiError e) {
            return e;
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

    /** Composes an answer to find errors that only appear then. */
    private static void check(MessageParams params, Directives directives) {
        UnstreamedReply.checkSize(directives);
        compose(params, directives, Clock.systemUTC(), new Random());
    }

    private static Answer compose(MessageParams params, Directives directives, Clock clock, RandomGenerator ids) {
        return new Composer(params, directives, clock, ids).compose();
    }

    /** Returns the error that the directives request, or that a single message would get. */
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
                ? Optional.of(ScriptedError.of("status", directives).error())
                : UnstreamedReply.error(directives);
    }
}
