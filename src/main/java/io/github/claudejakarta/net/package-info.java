/**
 * HTTP connections to servers that may misbehave, proxies, and hosts as URLs and settings write them. It knows nothing
 * of Claude: calls to Claude and callbacks both build on it. The connections are those of Apache HttpClient 5.
 */
package io.github.claudejakarta.net;
