/**
 * A Claude API that does what a test tells it to, byte for byte, over a plain socket.
 *
 * <p>{@link io.github.claudejakarta.upstream.ScriptedUpstream} takes the connections, a
 * {@link io.github.claudejakarta.upstream.Dispatcher} chooses the {@link io.github.claudejakarta.upstream.Script} for a
 * {@link io.github.claudejakarta.upstream.ReceivedRequest}, and a {@link io.github.claudejakarta.upstream.Barrier}
 * stops a script until the test goes on. It needs no container, and runs inside one.
 *
 * <p>Two threads a connection: one reads, and so sees the client leave at once, whatever the script is doing; the other
 * plays the script.
 */
package io.github.claudejakarta.upstream;
