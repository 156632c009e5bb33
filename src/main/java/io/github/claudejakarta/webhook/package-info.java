/**
 * Signed callbacks that report the end of a job or batch, in the form of Standard Webhooks.
 *
 * <p>A delivery is a row, stored in the transaction that ends the job or batch, and a task that sends it. The server
 * sends it at least once, with attempts for about a day, and always with the same {@code webhook-id}.
 *
 * <p>Callers choose the URLs, and must not reach internal servers with them:
 * {@link io.github.claudejakarta.webhook.AddressGuard} checks each address when the connection is made.
 */
package io.github.claudejakarta.webhook;
