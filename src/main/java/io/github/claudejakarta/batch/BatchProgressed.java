package io.github.claudejakarta.batch;

/**
 * CDI event: a batch changed, on this server. Fired on the thread that made the change, after it was stored; an
 * observer that takes long holds up that batch. Each change is told at least once as long as the server lives.
 *
 * @param batch as it is now
 */
public record BatchProgressed(Batch batch) {}
