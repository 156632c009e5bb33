package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;

/** How many requests a caller may send, and whether it has tokens left. */
@FunctionalInterface
public interface RequestQuota {

    /**
     * Lets one request of a caller in.
     *
     * @param caller its name; a caller without limits is always let in
     * @param isForTokens whether the request is refused where the caller has no tokens left
     * @throws ClaudeException {@code rate_limit_error}, with the time after which to retry
     */
    void admit(String caller, boolean isForTokens);
}
