/**
 * Threads that serve requests, the watchdog, clocks, back-off, recurring work, and the memory budget of requests and
 * answers. This package knows nothing of Claude.
 */
package io.github.claudejakarta.runtime;
