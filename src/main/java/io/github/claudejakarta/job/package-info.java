/**
 * Messages in the background: handed over, asked for by whichever server is free, and told of by a callback.
 * {@link io.github.claudejakarta.job.JobManagerBean} is the front door.
 *
 * <p>A job is a row and a durable task. While it runs it is a stream like any other, on the server that runs it. It is
 * never run twice at the same time; towards Claude it is run at least once, because a server may die after Claude has
 * answered and before that is written down.
 */
package io.github.claudejakarta.job;
