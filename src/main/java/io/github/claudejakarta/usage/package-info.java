/** Rate limits of callers, and tokens used by caller, model and day. */
package io.github.claudejakarta.usage;
