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
 * Down where only a restart helps: the thread that ends what is silent for too long is gone or stuck, the connections
 * to Claude are closed for good, or the H2 database in this process has failed to use its file. Claude and a database
 * server are not asked, as a restart would mend neither.
 */
@Liveness
@ApplicationScoped
public class ClaudeLiveness implements HealthCheck {

    private static final Duration TOO_LONG = Duration.ofMinutes(1);

    @Inject
    private Watchdog watchdog;

    @Inject
    private ClaudeClient client;

    @Inject
    private DatabaseWatch database;

    @Override
    public HealthCheckResponse call() {
        watchdog.keepRunning();
        Duration silence = watchdog.sinceLastTick();
        Optional<String> failedDatabase = database.needsRestart();
        HealthCheckResponseBuilder response = HealthCheckResponse.named("claude")
                .status(silence.compareTo(TOO_LONG) < 0 && client.isUsable() && failedDatabase.isEmpty())
                .withData("watchdog-seconds-ago", silence.toSeconds());
        failedDatabase.ifPresent(reason -> response.withData("database", reason));
        return response.build();
    }
}
