package io.github.claudejakarta.durable;

/**
 * The location of the database and the application whose rows it uses.
 *
 * @param jndiName of the data source ({@code claude.database.jndi})
 * @param application that owns rows and tasks ({@code claude.application})
 */
public record DatabaseSettings(String jndiName, ApplicationName application) {

    /** Returns the name of the database for messages: {@code The database (jdbc/claude)}. */
    String description() {
        return "The database (" + jndiName + ")";
    }
}
