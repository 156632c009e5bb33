package io.github.claudejakarta.usage;

import java.util.OptionalLong;

/**
 * The limits of one caller: {@code claude.clients.<name>.requests-per-minute} and so on. An empty value is not limited.
 *
 * @param requestsPerMinute requests that are sent to Claude
 * @param streams concurrent streams
 * @param tokensPerMinute input and output tokens, without those read from the cache, as in Anthropic's own limits;
 *     refills continuously
 * @param tokensPerDay input and output tokens, without those read from the cache, of a day in UTC
 */
public record Limits(
        OptionalLong requestsPerMinute, OptionalLong streams, OptionalLong tokensPerMinute, OptionalLong tokensPerDay) {

    public static final Limits NONE =
            new Limits(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty());
}
