/** Callers: keys, tokens, addresses, and limits. */
package io.github.claudejakarta.it.callers;
