/**
 * A broken answer continued. Claude's streams cannot be taken up again at their source: what there is of the answer is
 * sent back, with the request to go on, and the events that come are spliced to those that came before, so that clients
 * see one message.
 *
 * <p>Everything here is plain computation: {@link io.github.claudejakarta.recovery.PartialAnswer} is what clients have,
 * {@link io.github.claudejakarta.recovery.Continuation} the request that asks for the rest,
 * {@link io.github.claudejakarta.recovery.Splice} makes one stream of two. When that is done is the {@code stream}
 * package's business.
 *
 * @see <a href="https://docs.claude.com/en/docs/build-with-claude/streaming">Anthropic: Streaming messages, Error
 *     recovery</a>
 */
package io.github.claudejakarta.recovery;
