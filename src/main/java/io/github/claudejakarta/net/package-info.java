/**
 * HTTP connections to servers that may misbehave, proxies, and host names in URLs and settings.
 *
 * <p>This package is independent of Claude: calls to Claude and callbacks both use it. The connections are those of
 * Apache HttpClient 5.
 */
package io.github.claudejakarta.net;
