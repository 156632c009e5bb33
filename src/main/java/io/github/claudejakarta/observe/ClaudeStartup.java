package io.github.claudejakarta.observe;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Startup;

/**
 * Up once the database has been looked for, and its schema brought up to date if it is there: that may take a while
 * after an upgrade.
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
