/** The composition root: settings, producers and the JAX-RS application. It sees everything, and nothing sees it. */
package io.github.claudejakarta.app;
