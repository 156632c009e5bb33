/**
 * Streams over WebSocket: {@code /v1/streams/{id}/socket} watches a stream, and {@code /v1/messages/socket} accepts a
 * Messages body as its first message and streams the answer.
 *
 * <p>A socket is a client of a stream like any other: a {@link io.github.claudejakarta.stream.StreamOutput} with a
 * cursor and a thread. A servlet filter authenticates the caller first, and passes on a
 * {@link io.github.claudejakarta.socket.SocketEntry}.
 *
 * <p>This package implements the protocol itself, on upgraded connections of servlets, so that every byte is counted
 * before it is stored. Each socket has a reading thread and, while its stream is sent, a writing thread. An error is
 * sent as a message before the socket is closed.
 */
package io.github.claudejakarta.socket;
