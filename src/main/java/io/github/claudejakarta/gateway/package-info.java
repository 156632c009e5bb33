/**
 * Anthropic's own paths, with which official SDKs work unchanged. The WAR has this package and the classes jar does
 * not.
 *
 * <p>Requests and answers are forwarded verbatim. An error of Claude keeps its status, body and headers. A request
 * waits on a thread of {@code WorkerThreads}, and is canceled if its client leaves.
 */
package io.github.claudejakarta.gateway;
