/** Streams over WebSocket. */
package io.github.claudejakarta.it.sockets;
