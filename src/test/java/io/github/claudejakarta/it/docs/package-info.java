/** The commands of the documents, run against a real server. */
package io.github.claudejakarta.it.docs;
