/**
 * A scripted Claude API on a loopback socket, for development, demos and tests.
 *
 * <p>The application calls it like Claude: over HTTP, with the same client. It invents nothing, costs nothing, and
 * marks every answer with {@code claude-simulator: true}. A request selects its faults by a model's name
 * ({@link io.github.claudejakarta.simulator.ScriptedModel}) or by {@code sim:} directives in the last user message
 * ({@link io.github.claudejakarta.simulator.Directives}). {@code docs/simulator.md} has the tables.
 *
 * <pre>
 * SocketServer -> HttpConnection -> Dispatcher -> Models | Messages | Batches
 *                  (Wire, HttpRequest,               |          |
 *                   Body, HttpResponse)              |          BatchStore -> Batch (BatchRequest) -> BatchDownload
 *                                                    |                        (BatchScript, BatchWorker -> Composer)
 *                                                    Composer -> Answer (Blocks) -> StreamReply | UnstreamedReply
 *                                                                                    (Pace, Faults, EventWriter)
 * </pre>
 *
 * <p>A batch is stored as the body that created it, and as a byte for the outcome of each request. No thread works on
 * it: its outcomes are decided at the first read after its end, and each line of its results is generated while it is
 * sent.
 *
 * <p>Each connection has a thread from the caller's factory, at most
 * {@link io.github.claudejakarta.simulator.Limits#maxConnections()}. Every wait has a limit. The simulator does not log
 * the content of requests.
 *
 * <p>The simulator has its own HTTP server because some faults are below HTTP. A reset needs the linger option of the
 * socket, and only a read detects that the client of a silent exchange has closed the connection. The JDK's
 * {@code HttpServer} offers neither.
 */
package io.github.claudejakarta.simulator;
