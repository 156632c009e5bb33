/**
 * The continuation of a broken answer. Claude's streams cannot be resumed at their source. Therefore the server sends
 * the incomplete answer back with a request to continue it, and joins the new events to the earlier ones. Clients see
 * one message.
 *
 * <p>This package only computes. {@link io.github.claudejakarta.recovery.PartialAnswer} is the answer that clients
 * have, {@link io.github.claudejakarta.recovery.Continuation} is the request for the rest, and
 * {@link io.github.claudejakarta.recovery.Splice} joins both streams. The package {@code stream} decides when to
 * continue.
 *
 * @see <a href="https://docs.claude.com/en/docs/build-with-claude/streaming">Anthropic: Streaming messages, Error
 *     recovery</a>
 */
package io.github.claudejakarta.recovery;
