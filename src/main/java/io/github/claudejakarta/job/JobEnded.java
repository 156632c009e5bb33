package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.PublicApi;

/**
 * CDI event: a job has ended. The server that ended the job fires it at most once; a crash may lose it. Use a
 * {@link JobListener} for actions that must not be lost. A job that is retried ends again and fires another event.
 *
 * <p>Fired to observers with {@code @Observes}, on the thread that stored the end, and with {@code @ObservesAsync}, on
 * threads of the container. A failure of an observer is logged.
 *
 * @param job with its message or error
 */
@PublicApi
public record JobEnded(Job job) {}
