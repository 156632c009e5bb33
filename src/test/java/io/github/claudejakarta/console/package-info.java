/** Tests of the console that need no server and no browser. */
package io.github.claudejakarta.console;
