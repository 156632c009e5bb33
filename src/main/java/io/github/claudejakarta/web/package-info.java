/**
 * What all resources under {@code /v1} share: who calls, whether the client is still there, where this server is found,
 * and how lists are paged.
 */
package io.github.claudejakarta.web;
