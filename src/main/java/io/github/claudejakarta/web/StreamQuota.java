package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;

/**
 * How many streams a caller may have at once. Those of jobs are not among them: their number is limited as that of
 * jobs.
 */
public interface StreamQuota {

    /**
     * Takes a place for a stream.
     *
     * @param caller its name
     * @return gives the place back; to be run once, when the stream has ended or did not begin
     * @throws ClaudeException {@code rate_limit_error} where the caller has as many streams as it may
     */
    Runnable take(String caller);
}
