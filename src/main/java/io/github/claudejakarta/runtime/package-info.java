/**
 * Worker threads, the watchdog, clocks, back-off, recurring work, and the memory budget of requests and answers. This
 * package does not depend on Claude.
 *
 * <p>Its classes are safe for use by many threads, unless they say otherwise. Work without a thread and reservations
 * without memory are refused with an exception that the creator of the pool or the reservation chooses.
 */
package io.github.claudejakarta.runtime;
