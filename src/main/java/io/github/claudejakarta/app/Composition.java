package io.github.claudejakarta.app;

import io.github.claudejakarta.batch.BatchSettings;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.Prices;
import io.github.claudejakarta.claude.http.ClientSettings;
import io.github.claudejakarta.claude.http.Guard;
import io.github.claudejakarta.conversation.ConversationSettings;
import io.github.claudejakarta.durable.ApplicationName;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.DatabaseSettings;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.durable.UpstreamHistory;
import io.github.claudejakarta.job.JobSettings;
import io.github.claudejakarta.observe.LogFormat;
import io.github.claudejakarta.observe.Tracing;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.ReportingThreads;
import io.github.claudejakarta.runtime.Ticker;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ApplicationServer;
import io.github.claudejakarta.server.TransactionRunner;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.stream.StreamSettings;
import io.github.claudejakarta.usage.UsageSettings;
import io.github.claudejakarta.web.BodySettings;
import io.github.claudejakarta.web.ClientWatch;
import io.github.claudejakarta.web.Clients;
import io.github.claudejakarta.web.Heartbeat;
import io.github.claudejakarta.web.HttpSurface;
import io.github.claudejakarta.web.Internal;
import io.github.claudejakarta.web.MissingKey;
import io.github.claudejakarta.web.OpenRequests;
import io.github.claudejakarta.web.Origins;
import io.github.claudejakarta.web.PublicUrl;
import io.github.claudejakarta.web.ServedRequest;
import io.github.claudejakarta.web.Shutdown;
import io.github.claudejakarta.webhook.WebhookSettings;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.Typed;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.function.UnaryOperator;
import java.util.logging.Logger;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * Assembles the application: reads the configuration, produces beans, starts threads and services, and stops them. A
 * setting that is not valid fails here, when the application starts, and not at the first request.
 */
@ApplicationScoped
@SuppressWarnings("UnusedVariable") // CDI reads the fields that are produced.
public class Composition {

    private static final Logger LOG = Logger.getLogger(Composition.class.getName());
    /** The interval of checks that the watchdog's thread runs. */
    private static final Duration WATCHDOG_INTERVAL = Duration.ofSeconds(10);

    /** The time that clients have at a shutdown to read the end of their answers. */
    private static final Duration CLIENT_WAIT = Duration.ofSeconds(5);

    @Inject
    private Config config;

    /** Absent on a server. Tests without a server provide a replacement. */
    @Inject
    @Any
    private Instance<ApplicationServer> replacement;

    /** Present only in the WAR. */
    @Inject
    private Instance<HttpSurface> surface;

    private ApplicationServer server;
    private Settings settings;
    private ServerKeyCheck keyCheck;
    private Simulator simulator;
    private ThreadFactory factory;
    /** Removes the action from the server. Does nothing if the start failed before the action was registered. */
    private Runnable removeStopAction = () -> {};

    // The values that other beans inject. Each is a bean of its own type only, not of its supertypes: an application
    // may have a bean of such a supertype.

    @Produces
    @Singleton
    @Typed(Shutdown.class)
    private Shutdown shutdown;

    @Produces
    @Singleton
    @Typed(MissingKey.class)
    private final MissingKey missingKey = new MissingKey();

    @Produces
    @Singleton
    @Typed(ClientSettings.class)
    private ClientSettings client;

    @Produces
    @Singleton
    @Typed(StreamSettings.class)
    private StreamSettings streams;

    @Produces
    @Singleton
    @Typed(RecoverySettings.class)
    private RecoverySettings recovery;

    @Produces
    @Singleton
    @Typed(Clients.class)
    private Clients clients;

    @Produces
    @Singleton
    @Typed(PublicUrl.class)
    private PublicUrl publicUrl;

    @Produces
    @Singleton
    @Typed(BodySettings.class)
    private BodySettings bodies;

    @Produces
    @Singleton
    @Typed(MemoryBudget.class)
    private MemoryBudget bodyMemory;

    @Produces
    @Singleton
    @Typed(Origins.class)
    private Origins origins;

    @Produces
    @Typed(LogFormat.class)
    private LogFormat logFormat;

    @Produces
    @Singleton
    @Typed(Watchdog.class)
    private Watchdog watchdog;

    @Produces
    @Singleton
    @Typed(ClientWatch.class)
    private ClientWatch clientWatch;

    @Produces
    @Singleton
    @Typed(WorkerThreads.class)
    private WorkerThreads threads;

    @Produces
    @Singleton
    @Typed(BatchSettings.class)
    private BatchSettings batches;

    @Produces
    @Singleton
    @Typed(JobSettings.class)
    private JobSettings jobs;

    @Produces
    @Singleton
    @Typed(ConversationSettings.class)
    private ConversationSettings conversations;

    @Produces
    @Singleton
    @Typed(WebhookSettings.class)
    private WebhookSettings webhooks;

    @Produces
    @Singleton
    @Typed(Prices.class)
    private Prices prices;

    @Produces
    @Singleton
    @Typed(MessageDefaults.class)
    private MessageDefaults messageDefaults;

    @Produces
    @Singleton
    @Typed(UsageSettings.class)
    private UsageSettings usage;

    @Produces
    @Singleton
    @Typed(Database.class)
    private Database database;

    @Produces
    @Singleton
    @Typed(TransactionRunner.class)
    private TransactionRunner transactions;

    @Produces
    @Singleton
    @Typed(DurableTasks.class)
    private DurableTasks tasks;

    @Produces
    @Singleton
    @Internal
    @Typed(Clock.class)
    private final Clock clock = Clock.systemUTC();

    @Produces
    @Singleton
    @Typed(Ticker.class)
    private final Ticker ticker = Ticker.SYSTEM;

    @PostConstruct
    void start() {
        try {
            configure();
        } catch (IllegalArgumentException e) {
            // The container's report has this message 30 lines further down.
            LOG.severe("claude-jakarta does not start: " + e.getMessage());
            throw e;
        }
    }

    private void configure() {
        UnreadVariables.check(config, System.getenv());
        server = replacement.isResolvable() ? replacement.get() : ApplicationServer.current();
        settings = new Settings(config, server::decode, surface.isResolvable(), this::mayBeSimulated);
        settings.ignoredUpstreamWarning().ifPresent(LOG::warning);
        factory = new ReportingThreads(
                settings.threads() == Settings.Threads.VIRTUAL ? server.virtualThreads() : server.platformThreads());
        shutdown = new Shutdown(factory);
        openDatabase();
        client = settings.client();
        streams = settings.streams();
        recovery = settings.recovery();
        clients = settings.clients();
        publicUrl = settings.publicUrl();
        logFormat = settings.logFormat();
        origins = settings.origins();
        bodies = settings.bodies();
        bodyMemory = new MemoryBudget(bodies.maxBytes());
        batches = settings.batches();
        jobs = settings.jobs();
        conversations = settings.conversations();
        webhooks = settings.webhooks();
        prices = settings.prices();
        messageDefaults = settings.messageDefaults();
        usage = settings.usage();
        UnknownKeys.warnings(config).forEach(LOG::warning);
        if (!replacement.isResolvable()) {
            FaultToleranceKeys.warnings(config, ConfigProvider.getConfig(Composition.class.getClassLoader()))
                    .forEach(LOG::warning);
        }
        settings.missingServerConfigurationWarning().ifPresent(LOG::warning);
        watchdog = Watchdog.start(factory);
        clientWatch = new ClientWatch(streams.heartbeat(), watchdog);
        UnaryOperator<Runnable> inSpan = Tracing.carrier(config);
        threads = streams.threads(factory, task -> ServedRequest.withRequest(inSpan.apply(task)));
        if (settings.isSimulated()) {
            simulate();
        }
    }

    private void openDatabase() {
        ApplicationName application = settings.application()
                .or(() -> server.applicationName().map(ApplicationName::ofServer))
                .orElse(ApplicationName.DEFAULT);
        String jndiName = settings.database();
        database = new Database(
                new DatabaseSettings(jndiName, application),
                () -> server.dataSource(jndiName),
                server.currentTransaction());
        transactions = server.transactions();
        tasks = new DurableTasks(database, factory);
        shutdown.on(Shutdown.Step.END_REQUESTS, tasks::stop);
        shutdown.on(Shutdown.Step.STOP_TASKS, tasks::close);
        keyCheck =
                new ServerKeyCheck(settings, surface.isResolvable(), new UpstreamHistory(database, clock), missingKey);
        tasks.onOpen(keyCheck::compare);
    }

    private boolean mayBeSimulated() {
        return !settings.hasDatabaseName() && !server.hasDataSource(settings.database())
                || keyCheck.mayBeSimulated(tasks);
    }

    private void simulate() {
        try {
            simulator = Simulator.start(factory);
        } catch (IOException e) {
            throw new UncheckedIOException("The simulator could not be started", e);
        }
        client = client.withSimulator(simulator.baseUri());
        LOG.warning("""

            ************************************************************************************
              SIMULATOR: no answer comes from Claude. To use Claude, set ANTHROPIC_API_KEY,
              or claude.upstream=anthropic if the callers send their own keys.
            ************************************************************************************""");
    }

    /** Starts the services. Observing the event makes the container create this bean when the application starts. */
    void onStart(
            @Observes @Initialized(ApplicationScoped.class) Object event,
            @Any Instance<TaskQueue> queues,
            Guard guard,
            OpenRequests requests) {
        shutdown.on(Shutdown.Step.AWAIT_CLIENTS, () -> {
            // Both waits are necessary: application code may have clients without a request to this application, and
            // bodies are read on threads of the server.
            long deadline = System.nanoTime() + CLIENT_WAIT.toNanos();
            if (threads.awaitIdle(CLIENT_WAIT)) {
                requests.awaitEnd(Duration.ofNanos(deadline - System.nanoTime()));
            }
        });
        removeStopAction = server.onStop(shutdown::run);
        server.completeReasonPhrases(event);
        if (server.hasDatabase()) {
            tasks.start(queues.stream().toList());
        } else {
            database.skipOpening();
        }
        tasks.every(WATCHDOG_INTERVAL, watchdog::keepRunning);
        keyCheck.warnIfMissing();
        if (surface.isResolvable() && !clients.areConfigured()) {
            LOG.info(
                    "No clients are configured (claude.clients): only this machine is served. Configure a client for each other caller.");
        }
        if (!guard.isPresent()) {
            LOG.warning("The server lacks mpFaultTolerance-4.1, or the feature has no effect in this application: each"
                    + " request to Claude is sent once, without retries and without a circuit breaker. Add the feature to"
                    + " server.xml.");
        }
        RequiredFeatures.missingHealth().ifPresent(LOG::info);
        LOG.info(() -> "Connection to Claude: " + client);
    }

    /**
     * Shuts down if only the application is stopped or replaced, or if the server has not run the stop action. Runs
     * before any bean is destroyed: a running task whose client is closed would record that as a failure of Claude.
     */
    void onStop(@Observes @BeforeDestroyed(ApplicationScoped.class) Object event) {
        removeStopAction.run();
        shutdown.run();
    }

    @PreDestroy
    void stop() {
        clientWatch.close();
        watchdog.close();
        if (simulator != null) {
            simulator.close();
        }
    }

    @Produces
    @Singleton
    @Typed(Heartbeat.class)
    Heartbeat heartbeat() {
        return new Heartbeat(streams.heartbeat());
    }
}
