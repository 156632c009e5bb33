/**
 * What survives a restart: the server's database with its schema, and tasks that are run once each however many servers
 * share it.
 *
 * <p>The database is the server's {@code DataSource} {@code jdbc/claude}, or another one
 * ({@code claude.database.jndi}). Several applications may share it: each row belongs to one, whose name a store gets
 * from {@link io.github.claudejakarta.durable.Database#application()}, and no application sees rows of another. Where
 * there is none, or while it is away, everything that needs it answers 503; streams need nothing of it.
 */
package io.github.claudejakarta.durable;
