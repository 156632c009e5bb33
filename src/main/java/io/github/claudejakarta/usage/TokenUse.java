package io.github.claudejakarta.usage;

import io.github.claudejakarta.claude.Prices.Tokens;

/** A number of messages and the tokens that they used. */
public record TokenUse(long requests, Tokens tokens) {

    static final TokenUse NONE = new TokenUse(0, Tokens.NONE);

    public TokenUse plus(TokenUse other) {
        return new TokenUse(requests + other.requests, tokens.plus(other.tokens));
    }
}
