package io.github.claudejakarta.usage;

import io.github.claudejakarta.claude.Prices.Tokens;

/** How many messages, and what they used. */
public record TokenUse(long requests, Tokens tokens) {

    static final TokenUse NONE = new TokenUse(0, Tokens.NONE);

    public TokenUse plus(TokenUse other) {
        return new TokenUse(requests + other.requests, tokens.plus(other.tokens));
    }
}
