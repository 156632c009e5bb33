/**
 * Signed callbacks as Standard Webhooks describes them: whoever handed something over is told of its end, again and
 * again for a day if need be.
 *
 * <p>A delivery is a row, written in the transaction that ends what it tells of, and a durable task that sends it. So
 * it is sent at least once, and always with the same {@code webhook-id}.
 *
 * <p>URLs come from callers, who must not reach inside by them: {@link io.github.claudejakarta.webhook.AddressGuard}
 * decides at the moment of the connection.
 */
package io.github.claudejakarta.webhook;
