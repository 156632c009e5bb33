/**
 * Streams over WebSocket, for pages and for whoever has no use for Server-Sent Events: {@code /v1/streams/{id}/socket} watches a stream,
 * {@code /v1/messages/socket} takes a Messages body as its first message and streams the answer.
 *
 * <p>A socket is one more client of a stream: a {@link io.github.claudejakarta.stream.StreamOutput} with a cursor and a thread. Who may open
 * one has been found out before, by a servlet filter, and comes along as {@link io.github.claudejakarta.socket.SocketEntry}.
 */
package io.github.claudejakarta.socket;
