package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.PublicApi;

/**
 * CDI event: a batch ended or failed, seen by this server. With several servers on one database it is fired on one of
 * them, at most once: after a crash it may be lost. What must not be lost needs a {@link BatchListener}. A batch that
 * is resubmitted ends again.
 *
 * <p>Fired to observers with {@code @Observes}, on the thread that stored the end, and with {@code @ObservesAsync}, on
 * threads of the container. A failure of an observer is logged.
 *
 * @param batch as it is now; its results can be read
 */
@PublicApi
public record BatchEnded(Batch batch) {}
