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
 * Up as soon as requests can be served, until the server shuts down; the data says by whom, and what cannot be. Neither
 * an open circuit breaker nor a database that is away makes it down: all servers would be taken out at once, and with
 * them what each can still do. Connections that are closed for good do, because no call can be made; so does an error
 * in this application by which it cannot use the database, such as a library in another version.
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
    private MissingKey lostKey;

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
            notServed.add("everything (503: this server is shutting down)");
        }
        if (!isClientUsable) {
            notServed.add("anything that Claude answers (the connections are closed; restart the server)");
        } else if (isBreakerOpen) {
            notServed.add("new messages (529 until Claude is tried again)");
        }
        if (lostKey.reason().isPresent()) {
            notServed.add("jobs, batches (503: there is no key of the server's own)");
        }
        if (!isDatabaseUp && database.isTried()) {
            notServed.add("batches, jobs, usage (503)");
        }
        return HealthCheckResponse.named("claude")
                .status(isClientUsable
                        && !shutdown.hasBegun()
                        && fault.isEmpty()
                        && lostKey.reason().isEmpty())
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
                                        : lostKey.reason()
                                                .map(why -> "lost: " + why)
                                                .orElse("callers"))
                .withData("callers", clients.areConfigured() ? "clients with keys" : "this machine")
                .withData("breaker", !guard.isPresent() ? "absent" : isBreakerOpen ? "open" : "closed")
                .withData("database", fault.map(error -> "failed: " + error).orElseGet(this::databaseState))
                .withData("not-served", notServed.isEmpty() ? "nothing" : String.join("; ", notServed))
                .withData("connections-in-use", client.connectionsInUse())
                .withData("connections-idle", client.connectionsIdle())
                .build();
    }

    /** While it is opened, requests that need it wait. */
    private String databaseState() {
        if (database.isUp()) {
            return "open";
        }
        return database.isTried() ? "away" : "opening";
    }
}
