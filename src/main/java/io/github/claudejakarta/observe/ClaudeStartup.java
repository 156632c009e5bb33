package io.github.claudejakarta.observe;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Startup;

/**
 * The startup check. It is up when the server has tried to open the database, and has migrated its schema if the
 * database is available. A migration may take a while after an upgrade.
 */
@Startup
@ApplicationScoped
public class ClaudeStartup implements HealthCheck {

    @Inject
    private DatabaseWatch database;

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("claude")
                .status(database.isTried())
                .withData("database", !database.isTried() ? "opening" : database.isUp() ? "open" : "away")
                .build();
    }
}
