/**
 * Classes that all resources under {@code /v1} share: the served request and its caller, detection of clients that have
 * left, the shutdown, public URLs, and pages of lists.
 *
 * <p>Filters and resources use these classes from many threads. Errors are {@code ClaudeException}s, which become
 * responses in Anthropic's format.
 */
package io.github.claudejakarta.web;
