/** The OpenAPI document, and clients generated from it. */
package io.github.claudejakarta.it.openapi;
