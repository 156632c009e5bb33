/**
 * The application server behind one interface, {@link io.github.claudejakarta.server.ApplicationServer}.
 *
 * <p>The interface has functions for which Jakarta EE has no API, and names that differ between servers: thread
 * factories, the database, the transaction of the calling thread, the connection behind a request, and the beginning of
 * a stop.
 */
package io.github.claudejakarta.server;
