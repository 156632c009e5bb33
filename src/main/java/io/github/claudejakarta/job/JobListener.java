package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.PublicApi;

/**
 * Called when a job has ended, at least once for each end. The server finds and calls each CDI bean of the application
 * that implements this interface.
 *
 * <pre>{@code
 * @ApplicationScoped
 * public class Invoices implements JobListener {
 *
 *     @PersistenceContext
 *     EntityManager entities;
 *
 *     @Override
 *     public void onEnd(Job job) {
 *         Invoice invoice = entities.find(Invoice.class, job.metadata().orElseThrow().getInt("invoice"));
 *         job.message().ifPresent(message -> invoice.setSummary(message.text()));
 *     }
 * }
 * }</pre>
 *
 * <p>The transaction that stores the end of the job also stores a call for each listener that the application has at
 * that time. One node of the application makes the call, in a JTA transaction with an active CDI request context. The
 * transaction is committed when the listener returns and rolled back when the listener throws. Without a transaction
 * manager the listener runs without a transaction.
 *
 * <p>A listener that throws, or whose transaction is not committed, is called again after 5 seconds. Later waits are
 * longer, up to 2 hours. After 20 attempts, about a day, it is not called again for this job, unless you call
 * {@link JobManagerBean#retryListeners}. If the server dies after the listener's commit and before it records the
 * commit, the listener is called again. A second call for the same job must therefore change nothing. Calls have no
 * order and may be concurrent.
 *
 * <p>A listener is identified by its bean's name ({@code @Named}), or else by the name of its class. Calls for a name
 * that no node of the application has had for a day are dropped.
 */
@PublicApi
public interface JobListener {

    /**
     * Called when a job has ended.
     *
     * @param job with its message or error. A job that was retried before this call is not reported until it has ended
     *     again
     * @throws Exception rolls the transaction back; the listener is called again later
     */
    void onEnd(Job job) throws Exception;
}
