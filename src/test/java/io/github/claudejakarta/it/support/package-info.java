/** Clients, servers and settings that the integration tests share. */
package io.github.claudejakarta.it.support;
