/**
 * Basics that know nothing of Claude: the memory that requests and answers may take, clocks, the watchdog, the threads
 * that serve requests, back-off, and work that recurs.
 */
package io.github.claudejakarta.runtime;
