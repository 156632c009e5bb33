/**
 * Claude's types in an application's own HTTP API: JSON by JSON-B and by Jackson, and errors.
 *
 * <p>Nothing here is found by scanning. An application registers what it wants.
 */
package io.github.claudejakarta.binding;
