/**
 * Filters and exception mappers of the HTTP API: authentication, rate limits, checks of bodies and headers, and the
 * format of errors. The classes jar does not have this package.
 *
 * <p>The container creates the classes and calls them from many threads. A filter that rejects a request throws a
 * {@code ClaudeException}, which becomes a response in Anthropic's format.
 */
package io.github.claudejakarta.edge;
