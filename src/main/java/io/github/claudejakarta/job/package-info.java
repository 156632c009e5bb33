/**
 * Jobs: messages in the background, with an optional callback at the end.
 * {@link io.github.claudejakarta.job.JobManagerBean} is the bean for applications.
 *
 * <p>A job is a row and a task. Any server of the application can run it. While a job runs it is also a stream, on the
 * server that runs it. A job never runs twice at the same time. Claude gets its request at least once: a server may die
 * after Claude has answered and before the answer is stored.
 */
package io.github.claudejakarta.job;
