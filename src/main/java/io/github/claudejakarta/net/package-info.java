/**
 * HTTP connections to servers that may misbehave, proxies, and host names of URLs and settings.
 *
 * <p>This package knows nothing of Claude: calls to Claude and callbacks both use it. The connections are those of
 * Apache HttpClient 5.
 */
package io.github.claudejakarta.net;
