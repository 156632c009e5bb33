/**
 * Access to the database and its schema, and tasks that run on one server at a time.
 *
 * <p>The database is the server's {@code DataSource} {@code jdbc/claude}, or the one named by
 * {@code claude.database.jndi}. Several applications may share it. Each row belongs to one application, and no
 * application sees the rows of another. A store gets the name of its application from
 * {@link io.github.claudejakarta.durable.Database#application()}.
 *
 * <p>Without a database, or while it is away, features that need it return 503. Streams do not need it.
 */
package io.github.claudejakarta.durable;
