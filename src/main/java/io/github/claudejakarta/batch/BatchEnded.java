package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.PublicApi;

/**
 * CDI event: a batch ended or failed, as seen by this server. With several servers on one database, one of them fires
 * it, at most once. A crash may lose the event; use a {@link BatchListener} if it must not be lost. A batch that is
 * resubmitted ends again.
 *
 * <p>Observers with {@code @Observes} run on the thread that stored the end, observers with {@code @ObservesAsync} on
 * threads of the container. The failure of an observer is logged.
 *
 * @param batch the current batch; its results can be read
 */
@PublicApi
public record BatchEnded(Batch batch) {}
