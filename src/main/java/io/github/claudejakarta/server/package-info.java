/**
 * The application server, for whatever Jakarta EE has no API for or servers name differently: its thread factories, its
 * database, the transaction of the calling thread, the connection behind a request, and the beginning of its stop.
 */
package io.github.claudejakarta.server;
