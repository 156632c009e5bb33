package io.github.claudejakarta.app;

import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;

/** Finds the server's database. */
final class ServerDatabase {

    private static final String NAME = "jdbc/claude";

    private ServerDatabase() {}

    /** @throws IllegalStateException where the server has none of that name */
    static DataSource find() {
        try {
            return InitialContext.doLookup(NAME);
        } catch (NamingException e) {
            throw new IllegalStateException("there is no DataSource " + NAME + ": " + e.getMessage(), e);
        }
    }
}
