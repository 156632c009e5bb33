package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.PublicApi;

/**
 * Is called when a job has ended, at least once for each end. A CDI bean of the application that implements it is found
 * and called.
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
 * <p>The call is stored in the transaction that stores the end of the job, for each listener that the application then
 * has, and is made by one node of the application, in a JTA transaction with an active CDI request context. It is
 * committed when the listener returns, and rolled back when the listener throws. Without a transaction manager the
 * listener runs in no transaction.
 *
 * <p>A listener that throws, or whose transaction is not committed, is called again after 5 seconds, then after longer
 * waits of up to 2 hours; after 20 attempts, about a day, it is not called again for this job
 * ({@link JobManagerBean#retryListeners}). A server that dies between the listener's commit and its own note of it
 * calls the listener again: let a second call for a job change nothing. Calls are in no order and concurrent.
 *
 * <p>The listener is known by its bean's name ({@code @Named}), or else by the name of its class. Calls for a name that
 * no node of the application has had for a day are dropped.
 */
@PublicApi
public interface JobListener {

    /**
     * Called when a job has ended.
     *
     * @param job as it is now, with its message or error. A job that was retried before this call is not reported until
     *     it has ended again
     * @throws Exception rolls the transaction back; the listener is called again later
     */
    void onEnd(Job job) throws Exception;
}
