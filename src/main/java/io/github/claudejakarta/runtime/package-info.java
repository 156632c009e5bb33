/**
 * Basics that know nothing of Claude: the memory that requests and answers may take, clocks, the watchdog, the threads
 * that serve requests, work that recurs, and hosts as URLs and settings write them.
 */
package io.github.claudejakarta.runtime;
