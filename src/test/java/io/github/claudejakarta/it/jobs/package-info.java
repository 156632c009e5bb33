/** Background jobs and their callbacks, on one server and on two, and after a crash. */
package io.github.claudejakarta.it.jobs;
