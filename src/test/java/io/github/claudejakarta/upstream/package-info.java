/**
 * A Claude API that tests script byte by byte, over a plain socket.
 *
 * <p>{@link io.github.claudejakarta.upstream.ScriptedUpstream} accepts the connections. A
 * {@link io.github.claudejakarta.upstream.Dispatcher} chooses the {@link io.github.claudejakarta.upstream.Script} for a
 * {@link io.github.claudejakarta.upstream.ReceivedRequest}. A {@link io.github.claudejakarta.upstream.Barrier} stops a
 * script until the test releases it. The package needs no container, and also runs inside one.
 *
 * <p>Each connection has two threads. One reads, and therefore detects immediately that the client leaves. The other
 * plays the script.
 */
package io.github.claudejakarta.upstream;
