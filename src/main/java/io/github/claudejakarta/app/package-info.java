/** The composition root: settings, producers, start and stop. It may use all packages, and no package uses it. */
package io.github.claudejakarta.app;
