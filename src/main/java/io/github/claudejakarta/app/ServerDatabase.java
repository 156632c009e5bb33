package io.github.claudejakarta.app;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;

/** Finds the server's database. */
final class ServerDatabase {

    private static final Logger LOG = Logger.getLogger(ServerDatabase.class.getName());
    private static final String NAME = "jdbc/claude";

    private ServerDatabase() {
    }

    /** @throws IllegalStateException where the server has none of that name */
    static DataSource find() {
        try {
            DataSource found = InitialContext.doLookup(NAME);
            loadDriver(found);
            return found;
        } catch (NamingException e) {
            throw new IllegalStateException("there is no DataSource " + NAME + ": " + e.getMessage(), e);
        }
    }

    /**
     * Connects for the first time on a thread that is no application's. H2 has its own threads in a group below that of whichever thread loads
     * it. An application's group ends with the application, and on Java 17 the driver, which stays, could then begin no thread any more.
     */
    private static void loadDriver(DataSource source) {
        ThreadGroup top = Thread.currentThread().getThreadGroup();
        while (top.getParent() != null) {
            top = top.getParent();
        }
        var thread = new Thread(top, () -> connect(source), "claude-database-driver");
        thread.setDaemon(true);
        thread.start();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void connect(DataSource source) {
        try (Connection connection = source.getConnection()) {
            LOG.log(Level.FINE, "Connected: {0}", connection);
        } catch (SQLException | RuntimeException e) {
            LOG.log(Level.FINE, "Whoever opens the database will meet with the same", e);
        }
    }
}
