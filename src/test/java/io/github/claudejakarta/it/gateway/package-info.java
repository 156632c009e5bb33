/** Anthropic's own paths, with the official SDK and byte for byte. */
package io.github.claudejakarta.it.gateway;
