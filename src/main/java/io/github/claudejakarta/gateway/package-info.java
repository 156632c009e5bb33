/** Anthropic's own paths, so that official SDKs work against this server unchanged. */
package io.github.claudejakarta.gateway;
