/**
 * Filters and mappers of the HTTP API: authentication, rate limits, checks of bodies and headers, and the form of
 * errors. The classes jar does not have this package.
 */
package io.github.claudejakarta.edge;
