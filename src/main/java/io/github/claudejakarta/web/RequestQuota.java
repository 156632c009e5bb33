package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;

/** The limits of a caller: the number of requests, and the tokens. */
@FunctionalInterface
public interface RequestQuota {

    /**
     * Counts one request of a caller, and rejects it if a limit is reached.
     *
     * @param caller its name; a caller without limits is always admitted
     * @param isForTokens whether the request is rejected if the caller has no tokens left
     * @throws ClaudeException {@code rate_limit_error}, with the time after which to retry
     */
    void admit(String caller, boolean isForTokens);
}
