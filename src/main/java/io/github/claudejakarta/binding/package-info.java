/**
 * JSON of Claude's types (JSON-B and Jackson) and responses for errors, for the HTTP API of an application.
 *
 * <p>A container never finds these classes by scanning. An application registers the classes that it needs.
 */
package io.github.claudejakarta.binding;
