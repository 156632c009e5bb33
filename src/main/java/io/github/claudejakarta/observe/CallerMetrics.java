package io.github.claudejakarta.observe;

import io.github.claudejakarta.usage.RateLimits;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;

/** Metrics by caller: requests, rate limits, tokens and cost. */
final class CallerMetrics {

    private CallerMetrics() {}

    static void add(Instruments instruments, CallerCounts counts, RateLimits limits) {
        AttributeKey<String> caller = AttributeKey.stringKey("claude.caller");
        AttributeKey<String> statusClass = AttributeKey.stringKey("claude.response.class");
        instruments.counter(
                "claude.requests.answered",
                "{request}",
                "Requests to /v1 that ended, by caller and status class",
                now -> counts.callers()
                        .forEach((name, of) -> of.answered()
                                .forEach((status, count) ->
                                        now.record(count.sum(), Attributes.of(caller, name, statusClass, status)))));
        AttributeKey<String> limitedBy = AttributeKey.stringKey("claude.limited.by");
        instruments.counter(
                "claude.requests.limited",
                "{request}",
                "Requests that exceeded a rate limit of this server or of Claude",
                now -> {
                    limits.rejected()
                            .forEach((name, count) ->
                                    now.record(count, Attributes.of(caller, name, limitedBy, "server")));
                    counts.callers()
                            .forEach((name, of) ->
                                    now.record(of.limitedByClaude(), Attributes.of(caller, name, limitedBy, "claude")));
                });
        AttributeKey<String> tokenType = AttributeKey.stringKey("gen_ai.token.type");
        instruments.counter(
                "claude.usage.tokens",
                "{token}",
                "Tokens of messages and of batches, by caller",
                now -> counts.callers().forEach((name, of) -> {
                    now.record(of.input(), Attributes.of(caller, name, tokenType, "input"));
                    now.record(of.output(), Attributes.of(caller, name, tokenType, "output"));
                }));
        instruments.amount(
                "claude.usage.cost",
                "{currency}",
                "Cost of messages and of batches, by caller, for models with prices",
                now -> counts.callers().forEach((name, of) -> now.record(of.cost(), Attributes.of(caller, name))));
    }
}
