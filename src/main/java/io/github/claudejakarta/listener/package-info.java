/**
 * Calls of an application's listeners, at least once for each end of a job or batch.
 *
 * <p>A call is a row and a task, stored in the transaction that stores the end. Any node of the application runs it, in
 * a JTA transaction, on threads of this package: a slow listener delays other listeners, and no job. After that
 * transaction is committed, another transaction deletes the row, because the data source of an application need not be
 * XA. If a server dies between the two, the listener is called again.
 */
package io.github.claudejakarta.listener;
