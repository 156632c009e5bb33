/**
 * Filters and mappers: which callers get in, what bodies may look like, and what errors look like. The classes jar does
 * not have this package.
 */
package io.github.claudejakarta.edge;
