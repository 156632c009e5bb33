/** What callers may use and what they have used: rate limits, and tokens by caller, model and day. */
package io.github.claudejakarta.usage;
