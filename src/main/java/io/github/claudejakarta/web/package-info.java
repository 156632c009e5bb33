/**
 * Classes that all resources under {@code /v1} share: the served request and its caller, detection of clients that have
 * left, the shutdown, public URLs, and pages of lists.
 */
package io.github.claudejakarta.web;
