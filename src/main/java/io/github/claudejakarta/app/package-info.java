/**
 * The composition root: settings, producers, the JAX-RS application, who is let in, and what errors look like. It sees
 * everything, and nothing sees it.
 */
package io.github.claudejakarta.app;
