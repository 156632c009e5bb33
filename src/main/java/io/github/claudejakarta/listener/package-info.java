/**
 * Calls of an application's listeners, at least once for each end of a job or batch.
 *
 * <p>A call is a row and a task, stored in the transaction that stores the end. Any node of the application runs it, in
 * a JTA transaction, on threads of this package: a listener that takes long holds up other listeners, and no job. The
 * row is deleted after that transaction was committed, in another transaction, because an application's data source
 * need not be XA: a server that dies in between calls the listener again.
 */
package io.github.claudejakarta.listener;
