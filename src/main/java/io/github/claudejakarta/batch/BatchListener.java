package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.PublicApi;

/**
 * Is called when a batch has ended or failed, at least once for each end. A CDI bean of the application that implements
 * it is found and called.
 *
 * <p>The call is stored in the transaction that stores the end of the batch, for each listener that the application
 * then has, and is made by one node of the application, in a JTA transaction with an active CDI request context. It is
 * committed when the listener returns, and rolled back when the listener throws. Without a transaction manager the
 * listener runs in no transaction. A listener that reads the results of a large batch takes longer than the server
 * allows a transaction (Liberty: {@code totalTranLifetimeTimeout}, 120 s): let it note the batch, and read the results
 * elsewhere.
 *
 * <p>A listener that throws, or whose transaction is not committed, is called again after 5 seconds, then after longer
 * waits of up to 2 hours; after 20 attempts, about a day, it is not called again for this batch
 * ({@link BatchManagerBean#retryListeners}). A server that dies between the listener's commit and its own note of it
 * calls the listener again: let a second call for a batch change nothing. Calls are in no order and concurrent.
 *
 * <p>The listener is known by its bean's name ({@code @Named}), or else by the name of its class. Calls for a name that
 * no node of the application has had for a day are dropped.
 */
@PublicApi
public interface BatchListener {

    /**
     * Called when a batch has ended or failed.
     *
     * @param batch as it is now; its results can be read ({@link BatchManagerBean#results}). A batch that was
     *     resubmitted before this call is not reported until it has ended again
     * @throws Exception rolls the transaction back; the listener is called again later
     */
    void onEnd(Batch batch) throws Exception;
}
