/** Managed batches over HTTP, on one server and on two, and after a crash. */
package io.github.claudejakarta.it.batches;
