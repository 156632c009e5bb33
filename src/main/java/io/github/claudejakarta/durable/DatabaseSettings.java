package io.github.claudejakarta.durable;

/**
 * Where the database is, and whose rows an application sees in it.
 *
 * @param jndiName of the data source ({@code claude.database.jndi})
 * @param application that rows and tasks belong to ({@code claude.application})
 */
public record DatabaseSettings(String jndiName, ApplicationName application) {

    /** The database as messages name it: {@code The database (jdbc/claude)}. */
    String words() {
        return "The database (" + jndiName + ")";
    }
}
