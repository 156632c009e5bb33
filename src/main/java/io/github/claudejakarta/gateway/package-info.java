/** Anthropic's own paths, with which official SDKs work unchanged. */
package io.github.claudejakarta.gateway;
