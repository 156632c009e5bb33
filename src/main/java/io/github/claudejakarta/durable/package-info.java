/**
 * The database with its schema, and tasks that one server at a time runs.
 *
 * <p>The database is the server's {@code DataSource} {@code jdbc/claude}, or another one
 * ({@code claude.database.jndi}). Several applications may share it. Each row belongs to one application, and no
 * application sees the rows of another. A store gets the name of its application from
 * {@link io.github.claudejakarta.durable.Database#application()}. Without a database, or while it is away, features
 * that need it return 503. Streams do not need it.
 */
package io.github.claudejakarta.durable;
