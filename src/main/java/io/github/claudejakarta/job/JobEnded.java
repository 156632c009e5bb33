package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.PublicApi;

/**
 * CDI event: a job has ended, seen by the server that ended it, at most once: after a crash it may be lost. What must
 * not be lost needs a {@link JobListener}. A job that is retried ends again.
 *
 * <p>Fired to observers with {@code @Observes}, on the thread that stored the end, and with {@code @ObservesAsync}, on
 * threads of the container. A failure of an observer is logged.
 *
 * @param job as it is now, with its message or error
 */
@PublicApi
public record JobEnded(Job job) {}
