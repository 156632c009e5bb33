/**
 * Claude over HTTP, with the Jersey client on Apache HttpClient 5. The only package that names Jersey.
 *
 * <p>{@link io.github.claudejakarta.claude.http.ClaudeClient} is the way in: it runs a
 * {@link io.github.claudejakarta.claude.http.ClaudeCall} and gives a
 * {@link io.github.claudejakarta.claude.http.ClaudeAnswer}, trying again where that may help. Everything blocks its
 * thread; a call can be canceled from another. What fails is a {@link io.github.claudejakarta.claude.ClaudeException}.
 *
 * <p>Sources of protocol facts: Anthropic's API reference (errors, rate limits, streaming), the retry algorithm of its
 * official SDKs, and the WHATWG's server-sent events.
 */
package io.github.claudejakarta.claude.http;
