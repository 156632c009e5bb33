package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.PublicApi;

/**
 * CDI event: a batch changed, on this server. Observers with {@code @Observes} run on the thread that made the change,
 * after it was stored; one that takes long holds up that batch. Observers with {@code @ObservesAsync} run on threads of
 * the container and hold up nothing; changes reach them in any order, so compare {@link Batch#revision}. Each change is
 * reported at least once as long as the server lives. A failure of an observer is logged.
 *
 * @param batch as it is now
 */
@PublicApi
public record BatchProgressed(Batch batch) {}
