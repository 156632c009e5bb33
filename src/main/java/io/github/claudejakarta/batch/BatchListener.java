package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.PublicApi;

/**
 * Receives the end of batches, at least once for each batch that has ended or failed. The server calls every CDI bean
 * of the application that implements this interface.
 *
 * <p>The transaction that stores the end of the batch also stores a call for each listener that the application has at
 * that time. One node of the application makes the call, in a JTA transaction with an active CDI request context. The
 * transaction is committed when the listener returns, and rolled back when the listener throws. Without a transaction
 * manager the listener runs in no transaction. A listener that reads the results of a large batch takes longer than the
 * server allows a transaction (Liberty: {@code totalTranLifetimeTimeout}, 120 s). Let the listener record the batch,
 * and read the results elsewhere.
 *
 * <p>A listener that throws, or whose transaction is not committed, is called again after 5 seconds, then after longer
 * waits of up to 2 hours. After 20 attempts (about a day) it is not called again for this batch, until
 * {@link BatchManagerBean#retryListeners} is called. The server calls the listener again if it dies after the commit of
 * the listener and before it has recorded the call. A second call for a batch must therefore change nothing. Calls are
 * in no order and concurrent.
 *
 * <p>The name of a listener is the name of its bean ({@code @Named}), or else the name of its class. Calls for a name
 * that no node of the application has had for a day are dropped.
 */
@PublicApi
public interface BatchListener {

    /**
     * Called when a batch has ended or failed.
     *
     * @param batch the current batch; its results can be read ({@link BatchManagerBean#results}). A batch that was
     *     resubmitted before this call is not reported until it has ended again
     * @throws Exception rolls the transaction back; the listener is called again later
     */
    void onEnd(Batch batch) throws Exception;
}
