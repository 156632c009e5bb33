package io.github.claudejakarta.durable;

import java.util.Arrays;
import java.util.Map;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationVersion;

/**
 * Creates and upgrades the tables in the database with the scripts in the folder {@code schema}.
 *
 * <p>Each script can be run again. H2 commits each statement, so a server that is killed during a script leaves it half
 * done. The next start then runs the script from its beginning.
 */
final class Schema {

    /** The table with the history of the scripts. */
    static final String HISTORY = "claude_schema";

    /** Disables a statement that the database must not run. */
    private static final String COMMENT = "-- ";

    private static final Logger LOG = Logger.getLogger(Schema.class.getName());
    /**
     * Contains a file {@code flyway.location}, with which Flyway finds a folder on WebSphere and Liberty. The folder is
     * in one of our packages, so that no application has one of the same name.
     */
    private static final String FOLDER = "classpath:io/github/claudejakarta/schema";

    private final DatabaseSettings settings;
    private final boolean isH2;

    Schema(DatabaseSettings settings, boolean isH2) {
        this.settings = settings;
        this.isH2 = isH2;
    }

    /**
     * Runs the scripts that the database lacks.
     *
     * @return whether any script was run
     * @throws FlywayException if a script failed; the next call runs it again
     */
    boolean upgrade(DataSource source) {
        return upgrade(source, MigrationVersion.LATEST);
    }

    /** Runs the scripts that the database lacks, up to a version. */
    boolean upgrade(DataSource source, MigrationVersion version) {
        Flyway flyway = Flyway.configure(Schema.class.getClassLoader())
                .dataSource(source)
                .locations(FOLDER)
                // The default folder may contain the callbacks of the application's own Flyway.
                .callbackLocations(FOLDER)
                .table(HISTORY)
                .target(version)
                .baselineOnMigrate(true)
                .baselineVersion("0")
                // The database stores the checksums of the scripts that made it. An edited script makes the same
                // tables, which MigrationContract tests.
                .validateOnMigrate(false)
                // H2 commits most statements automatically. A transaction would leave the other statements uncommitted
                // after Flyway has recorded the script as done.
                .executeInTransaction(!isH2)
                .placeholders(placeholders())
                .load();
        if (Arrays.stream(flyway.info().all())
                .anyMatch(script -> script.getState().isFailed())) {
            LOG.warning("An earlier upgrade of the database (" + settings.jndiName()
                    + ") failed. The server runs it again");
            // Flyway refuses to continue after a script that it has recorded as failed.
            flyway.repair();
        }
        return flyway.migrate().migrationsExecuted > 0;
    }

    /**
     * Returns the words of the scripts that differ between the two databases, and the application that owns rows
     * without one.
     */
    private Map<String, String> placeholders() {
        return Map.of(
                "bytes", isH2 ? "binary large object" : "bytea",
                "stored", isH2 ? "" : "stored",
                "h2", isH2 ? "" : COMMENT,
                "postgresql", isH2 ? COMMENT : "",
                "application", settings.application().value());
    }
}
