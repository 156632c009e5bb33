package io.github.claudejakarta.observe;

import io.github.claudejakarta.claude.http.CallObserver;
import io.github.claudejakarta.claude.http.CallOutcome;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.claude.http.ClientSettings;
import io.github.claudejakarta.listener.ListenerTasks;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.stream.Streams;
import io.github.claudejakarta.usage.RateLimits;
import io.github.claudejakarta.webhook.Webhooks;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.util.function.Consumer;
import java.util.logging.Logger;
import org.eclipse.microprofile.config.Config;

/** Records spans and metrics with MicroProfile Telemetry, if it is on ({@code otel.sdk.disabled=false}). */
@ApplicationScoped
public class Telemetry implements CallObserver {

    private static final Logger LOG = Logger.getLogger(Telemetry.class.getName());
    private static final Consumer<CallOutcome> NOTHING = outcome -> {};

    @Inject
    private Config config;

    @Inject
    private ClientSettings settings;

    @Inject
    private ClaudeClient client;

    @Inject
    private Streams streams;

    @Inject
    private WorkerThreads threads;

    @Inject
    private Watchdog watchdog;

    @Inject
    private DatabaseWatch database;

    @Inject
    private EndCounts ends;

    @Inject
    private Webhooks webhooks;

    @Inject
    private ListenerTasks listeners;

    @Inject
    private CallerCounts callers;

    @Inject
    private RateLimits limits;

    /** Null without telemetry. */
    private volatile CallObserver calls;

    private Runnable closeMetrics = () -> {};

    void onStart(@Observes @Initialized(ApplicationScoped.class) Object event) {
        if (Tracing.isOn(config)) {
            calls = GenAiTelemetry.of(settings);
            var instruments = new Instruments();
            closeMetrics = instruments::close;
            ServerMetrics.add(instruments, settings, client, streams, threads, watchdog, database);
            WorkMetrics.add(instruments, database, ends, webhooks.counts(), listeners.counts());
            CallerMetrics.add(instruments, callers, limits);
            LOG.info("Telemetry is on");
        } else if (!config.getOptionalValue("otel.sdk.disabled", Boolean.class).orElse(true)) {
            LOG.warning(
                    "Telemetry of Claude is off, although otel.sdk.disabled is false. Add the feature mpTelemetry-2.1 to server.xml, "
                            + "and <classloader apiTypeVisibility=\"+third-party\"/> to the application.");
        }
    }

    @Override
    public Consumer<CallOutcome> begin(ClaudeCall call) {
        CallObserver telemetry = calls;
        return telemetry == null ? NOTHING : telemetry.begin(call);
    }

    @PreDestroy
    void close() {
        closeMetrics.run();
    }
}
