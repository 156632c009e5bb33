/**
 * Streams over WebSocket: {@code /v1/streams/{id}/socket} watches a stream, and {@code /v1/messages/socket} accepts a
 * Messages body as its first message and streams the answer.
 *
 * <p>A socket is a client of a stream like any other: a {@link io.github.claudejakarta.stream.StreamOutput} with a
 * cursor and a thread. A servlet filter authenticates the caller first, and passes a
 * {@link io.github.claudejakarta.socket.SocketEntry} on. This package implements the protocol itself, on upgraded
 * connections of servlets, so that every byte is counted before it is kept.
 */
package io.github.claudejakarta.socket;
