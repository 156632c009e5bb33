package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;

/**
 * The limit of concurrent streams of a caller. Streams of jobs do not count, because the number of jobs has its own
 * limit.
 */
public interface StreamQuota {

    /**
     * Counts one stream of a caller.
     *
     * @param caller its name
     * @return releases the stream; to be run once, when the stream has ended or did not begin
     * @throws ClaudeException {@code rate_limit_error} if the caller has reached the limit
     */
    Runnable acquire(String caller);
}
