package io.github.claudejakarta.usage;

import java.util.OptionalLong;

/**
 * What one caller may use: {@code claude.clients.<name>.requests-per-minute} and so on. What is empty is not limited.
 *
 * @param requestsPerMinute that ask something of Claude
 * @param streams at once
 * @param tokensPerMinute in and out, without those read from the cache, as in Anthropic's own limits; refilled all the
 *     time
 * @param tokensPerDay the same, of a day in UTC
 */
public record Limits(
        OptionalLong requestsPerMinute, OptionalLong streams, OptionalLong tokensPerMinute, OptionalLong tokensPerDay) {

    public static final Limits NONE =
            new Limits(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty());
}
