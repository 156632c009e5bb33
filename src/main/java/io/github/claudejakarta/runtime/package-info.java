/**
 * What everything runs on, and what knows nothing of Claude: the memory that requests and answers may take.
 */
package io.github.claudejakarta.runtime;
