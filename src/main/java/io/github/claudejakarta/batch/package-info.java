/**
 * Batches of any number of requests, which the server splits into message batches of Anthropic, follows to their end
 * and merges. {@link io.github.claudejakarta.batch.BatchManagerBean} is the bean for applications.
 *
 * <p>A batch is in the database before the caller gets its response. Each part has a task that takes it from state to
 * state:
 *
 * <pre>
 *   waiting ── claim ──▶ sending ── response ──▶ running ── ended, results read ──▶ ended
 *      ▲                    │ no response
 *      │                    ▼
 *      └── not found ── look-up ── found ──▶ running
 *                           │ several candidates, or no certainty
 *                           ▼
 *                       unresolved, until a person decides
 * </pre>
 *
 * <p>Before a part is sent, the database records that it is being sent. If the server dies during the sending, the part
 * is looked up, and not sent and paid for twice. Anthropic's creation of a batch is not idempotent (wire.md 4.6).
 */
package io.github.claudejakarta.batch;
