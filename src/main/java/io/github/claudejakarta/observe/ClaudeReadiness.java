package io.github.claudejakarta.observe;

import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.claude.http.ClientSettings;
import io.github.claudejakarta.claude.http.Guard;
import io.github.claudejakarta.web.Clients;
import io.github.claudejakarta.web.MissingKey;
import io.github.claudejakarta.web.Shutdown;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * The readiness check. It is up while the server can serve requests, until it shuts down. The data shows the status of
 * each part, and the requests that are rejected.
 *
 * <p>Neither an open circuit breaker nor an unavailable database makes it down: a load balancer would remove all
 * servers at the same time, although each still serves other requests. It is down if the connections to Claude are
 * closed permanently, because no call is possible. It is also down if the server's key is missing. An error in this
 * application that prevents the use of the database, such as a library in another version, makes it down too.
 */
@Readiness
@ApplicationScoped
public class ClaudeReadiness implements HealthCheck {

    @Inject
    private ClientSettings settings;

    @Inject
    private ClaudeClient client;

    @Inject
    private Guard guard;

    @Inject
    private MissingKey missingKey;

    @Inject
    private Clients clients;

    @Inject
    private DatabaseWatch database;

    @Inject
    private Shutdown shutdown;

    @Override
    public HealthCheckResponse call() {
        boolean isDatabaseUp = database.isUp();
        boolean isBreakerOpen = client.isBreakerOpen();
        Optional<String> fault = database.fault();
        boolean isClientUsable = client.isUsable();
        var notServed = new ArrayList<String>();
        if (shutdown.hasBegun()) {
            notServed.add("all requests (503: this server is shutting down)");
        }
        if (!isClientUsable) {
            notServed.add("all requests to Claude (the connections are closed: restart the server)");
        } else if (isBreakerOpen) {
            notServed.add("new messages (529: the circuit breaker is open)");
        }
        if (missingKey.reason().isPresent()) {
            notServed.add("jobs, batches (503: the server has no key, claude.api-key)");
        }
        if (!isDatabaseUp && database.isTried()) {
            notServed.add("batches, jobs, usage (503: the database is unavailable)");
        }
        return HealthCheckResponse.named("claude")
                .status(isClientUsable
                        && !shutdown.hasBegun()
                        && fault.isEmpty()
                        && missingKey.reason().isEmpty())
                .withData(
                        "upstream",
                        settings.isSimulated()
                                ? "simulator"
                                : settings.baseUri().toString())
                .withData(
                        "key",
                        settings.isSimulated()
                                ? "none needed"
                                : settings.apiKey().isPresent()
                                        ? "server"
                                        : missingKey
                                                .reason()
                                                .map(reason -> "lost: " + reason)
                                                .orElse("callers"))
                .withData("callers", clients.areConfigured() ? "clients with keys" : "this machine")
                .withData("breaker", !guard.isPresent() ? "absent" : isBreakerOpen ? "open" : "closed")
                .withData("database", fault.map(error -> "failed: " + error).orElseGet(this::databaseState))
                .withData("not-served", notServed.isEmpty() ? "nothing" : String.join("; ", notServed))
                .withData("connections-in-use", client.connectionsInUse())
                .withData("connections-idle", client.connectionsIdle())
                .build();
    }

    /** Returns the state of the database. While it is opening, requests that need it wait. */
    private String databaseState() {
        if (database.isUp()) {
            return "open";
        }
        return database.isTried() ? "away" : "opening";
    }
}
