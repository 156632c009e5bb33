/** The console in a real browser. */
package io.github.claudejakarta.it.console;
