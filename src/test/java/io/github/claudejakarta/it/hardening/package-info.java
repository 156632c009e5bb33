/** Malformed, oversized and hostile requests, and a server that is short of memory. */
package io.github.claudejakarta.it.hardening;
