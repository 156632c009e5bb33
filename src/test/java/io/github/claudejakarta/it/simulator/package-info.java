/** The simulator, and the contract that it shares with Claude. */
package io.github.claudejakarta.it.simulator;
