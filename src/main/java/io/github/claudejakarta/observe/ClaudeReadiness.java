package io.github.claudejakarta.observe;

import io.github.claudejakarta.app.Composition;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.claude.http.ClientSettings;
import io.github.claudejakarta.durable.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Up as soon as requests can be served; the data says by whom. Whether Claude is well is not asked. */
@Readiness
@ApplicationScoped
public class ClaudeReadiness implements HealthCheck {

    @Inject
    private Composition composition;
    @Inject
    private ClientSettings settings;
    @Inject
    private ClaudeClient client;
    @Inject
    private Database database;

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("claude")
            .up()
            .withData("upstream", composition.isSimulated() ? "simulator" : settings.baseUri().toString())
            .withData("key", composition.isSimulated() ? "none needed" : settings.apiKey().isPresent() ? "server" : "callers")
            .withData("database", database.isOpen() ? "open" : "away: no batches, no jobs")
            .withData("connections-in-use", client.connectionsInUse())
            .withData("connections-idle", client.connectionsIdle())
            .build();
    }
}
