/** Calls to Claude that fail: retries, the circuit breaker, and broken answers. */
package io.github.claudejakarta.it.upstream;
