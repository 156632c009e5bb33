/**
 * Calls to Claude over HTTP, with the Jersey client on Apache HttpClient 5. No other package uses Jersey.
 *
 * <p>{@link io.github.claudejakarta.claude.http.ClaudeClient} runs a
 * {@link io.github.claudejakarta.claude.http.ClaudeCall} and returns a
 * {@link io.github.claudejakarta.claude.http.ClaudeAnswer}. It retries where a retry may help. Every method blocks its
 * thread; another thread can cancel a call. Failures are {@link io.github.claudejakarta.claude.ClaudeException}s.
 *
 * <p>Sources of protocol facts: Anthropic's API reference (errors, rate limits, streaming), the retry algorithm of its
 * official SDKs, and the WHATWG's server-sent events.
 */
package io.github.claudejakarta.claude.http;
