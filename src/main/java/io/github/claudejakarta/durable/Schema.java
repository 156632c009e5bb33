package io.github.claudejakarta.durable;

import java.util.Arrays;
import java.util.Map;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationVersion;

/**
 * The tables in the database, created and upgraded by the scripts in the folder {@code schema}.
 *
 * <p>Every script can be run again. H2 commits each statement, so a server that is killed during a script leaves it
 * half done, and the next start runs it from its beginning.
 */
final class Schema {

    /** The history of the scripts that were run. */
    static final String HISTORY = "claude_schema";

    /** Before a statement that the database is not to run. */
    private static final String COMMENT = "-- ";

    private static final Logger LOG = Logger.getLogger(Schema.class.getName());
    /**
     * Has a file {@code flyway.location}, by which Flyway finds a folder on WebSphere and Liberty. It is in a package
     * of ours, so that no application has one of the same name.
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
     * @return whether it lacked any
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
                // Its default may be where the application has the callbacks of its own Flyway.
                .callbackLocations(FOLDER)
                .table(HISTORY)
                .target(version)
                .baselineOnMigrate(true)
                .baselineVersion("0")
                // A database keeps the checksums of the scripts it was made with. An edited script makes the same
                // tables, which MigrationContract tests.
                .validateOnMigrate(false)
                // H2 commits most statements itself. A transaction would leave the others uncommitted after Flyway has
                // recorded the script as done.
                .executeInTransaction(!isH2)
                .placeholders(placeholders())
                .load();
        if (Arrays.stream(flyway.info().all())
                .anyMatch(script -> script.getState().isFailed())) {
            LOG.warning("An earlier upgrade of the database (" + settings.jndiName() + ") failed. It is run again");
            // Flyway refuses to continue after a script that it has recorded as failed.
            flyway.repair();
        }
        return flyway.migrate().migrationsExecuted > 0;
    }

    /** What the two databases have different words for, and whose rows those are that belong to nobody yet. */
    private Map<String, String> placeholders() {
        return Map.of(
                "bytes", isH2 ? "binary large object" : "bytea",
                "stored", isH2 ? "" : "stored",
                "h2", isH2 ? "" : COMMENT,
                "postgresql", isH2 ? COMMENT : "",
                "application", settings.application().value());
    }
}
