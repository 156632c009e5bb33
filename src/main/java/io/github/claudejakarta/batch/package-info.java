/**
 * Managed Message Batches: any number of requests, split into as many of Anthropic's batches as it takes, followed to
 * their end, merged and added up. {@link io.github.claudejakarta.batch.BatchManagerBean} is the front door.
 *
 * <p>Everything is in the database before the caller is answered, and each part has a durable task that drives it:
 *
 * <pre>
 *   waiting ── claim ──▶ sending ── answer ──▶ running ── ended, results read ──▶ ended
 *      ▲                    │  no answer
 *      │                    ▼
 *      └── not there ── look it up ── it is there ──▶ running
 *                           │  several, or none can tell
 *                           ▼
 *                       unresolved, until a person says
 * </pre>
 *
 * <p>That a part is being sent is written down before it is sent, so that a server that dies in between leaves a
 * question and not a second paid batch. Anthropic's creation of a batch is not idempotent (wire.md 4.6).
 */
package io.github.claudejakarta.batch;
