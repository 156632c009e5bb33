package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.PublicApi;

/**
 * CDI event: a batch changed, on this server. Observers with {@code @Observes} run on the thread that made the change,
 * after the change is stored; a slow observer delays that batch. Observers with {@code @ObservesAsync} run on threads
 * of the container and delay nothing. They receive changes in any order: compare {@link Batch#revision}. Each change is
 * reported at least once as long as the server lives. The failure of an observer is logged.
 *
 * @param batch the current batch
 */
@PublicApi
public record BatchProgressed(Batch batch) {}
