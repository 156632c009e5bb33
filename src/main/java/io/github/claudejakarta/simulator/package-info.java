/**
 * A scripted Claude API on a loopback socket, for development, demos and tests.
 *
 * <p>The product talks to it as it talks to Claude: over HTTP, with the same client. It thinks nothing up, costs
 * nothing and marks every answer with {@code claude-simulator: true}. What goes wrong is chosen by the request itself,
 * by a model's name ({@link io.github.claudejakarta.simulator.ScriptedModel}) or by {@code sim:} directives in the last
 * user message ({@link io.github.claudejakarta.simulator.Directives}); {@code docs/simulator.md} has the tables.
 *
 * <pre>
 * SocketServer -> HttpConnection -> Dispatcher -> Models | Messages | Batches
 *                  (Wire, HttpRequest,               |          |
 *                   Body, HttpResponse)              |          BatchStore -> Batch (BatchRequest) -> BatchDownload
 *                                                    |                        (BatchScript, BatchWorker -> Composer)
 *                                                    Composer -> Answer (Blocks) -> StreamReply | WholeReply
 *                                                                                    (Pace, Faults, EventWriter)
 * </pre>
 *
 * <p>A batch is kept as the body that created it, and as a byte for how each of its requests ended. No thread works on
 * it: it is decided when it is first asked for after its end, and each line of its results is made while it is sent.
 *
 * <p>One thread a connection, from the caller's factory, which must not make more than it can afford: there are at most
 * {@link io.github.claudejakarta.simulator.Limits#maxConnections()}. Nothing waits without an end, and nothing is
 * logged of what clients send.
 *
 * <p>The HTTP server is our own because the faults are below HTTP: a reset needs the socket's linger option, and a
 * silent exchange can see its client leave only by reading. The JDK's {@code HttpServer} offers neither.
 */
package io.github.claudejakarta.simulator;
