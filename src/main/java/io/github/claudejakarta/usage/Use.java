package io.github.claudejakarta.usage;

import io.github.claudejakarta.claude.Prices.Tokens;

/** How many messages, and what they used. */
public record Use(long requests, Tokens tokens) {

    static final Use NONE = new Use(0, Tokens.NONE);

    public Use plus(Use other) {
        return new Use(requests + other.requests, tokens.plus(other.tokens));
    }
}
