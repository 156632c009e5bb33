package io.github.claudejakarta.observe;

import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.runtime.Watchdog;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;

/**
 * The liveness check. It is down if only a restart helps. Then the watchdog's thread has ended or is stuck, or the
 * connections to Claude are closed permanently, or the H2 database in this process cannot use its file. The check does
 * not contact Claude or a database server, because a restart would repair neither.
 */
@Liveness
@ApplicationScoped
public class ClaudeLiveness implements HealthCheck {

    /** The watchdog is stuck if its last check is older. */
    private static final Duration WATCHDOG_LIMIT = Duration.ofMinutes(1);

    @Inject
    private Watchdog watchdog;

    @Inject
    private ClaudeClient client;

    @Inject
    private DatabaseWatch database;

    @Override
    public HealthCheckResponse call() {
        watchdog.keepRunning();
        Duration sinceLastTick = watchdog.sinceLastTick();
        Optional<String> failedDatabase = database.needsRestart();
        HealthCheckResponseBuilder response = HealthCheckResponse.named("claude")
                .status(sinceLastTick.compareTo(WATCHDOG_LIMIT) < 0 && client.isUsable() && failedDatabase.isEmpty())
                .withData("watchdog-seconds-ago", sinceLastTick.toSeconds());
        failedDatabase.ifPresent(reason -> response.withData("database", reason));
        return response.build();
    }
}
