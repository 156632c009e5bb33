/**
 * Streams over WebSocket, for pages and other programs that have no use for Server-Sent Events:
 * {@code /v1/streams/{id}/socket} watches a stream, {@code /v1/messages/socket} takes a Messages body as its first
 * message and streams the answer.
 *
 * <p>A socket is one more client of a stream: a {@link io.github.claudejakarta.stream.StreamOutput} with a cursor and a
 * thread. A servlet filter has found out before who opens it, and hands over a
 * {@link io.github.claudejakarta.socket.SocketEntry}. The protocol is spoken here, over connections that servlets can
 * upgrade, so that every byte is counted before it is kept.
 */
package io.github.claudejakarta.socket;
