/**
 * Rate limits of callers, and tokens used by caller, model and day.
 *
 * <p>Each server has its own count of requests, streams and tokens per minute. Tokens per day count over all servers,
 * with the database. Usage is collected in memory and written once a second. While the database is away, limits still
 * apply and no usage is lost.
 */
package io.github.claudejakarta.usage;
