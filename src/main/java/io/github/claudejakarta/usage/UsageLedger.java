package io.github.claudejakarta.usage;

import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.http.CallObserver;
import io.github.claudejakarta.claude.http.CallOutcome;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.web.Internal;
import io.github.claudejakarta.web.Shutdown;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Records the usage of messages. Adds it up in memory and writes it once a second, so no message waits for the
 * database. If the database is away, no usage is lost. A server that is killed loses its last second.
 *
 * <p>Safe for use by many threads.
 */
@ApplicationScoped
public class UsageLedger implements CallObserver {

    private static final Logger LOG = Logger.getLogger(UsageLedger.class.getName());
    private static final Duration WRITE_INTERVAL = Duration.ofSeconds(1);
    /**
     * The maximum number of callers and models between two writes, or while the database is away. Beyond it, usage is
     * added up under the name {@code (others)}.
     */
    private static final int MAX_KEYS = 10_000;

    private static final String OTHERS = "(others)";

    private final Map<UsageKey, TokenUse> unwritten = new ConcurrentHashMap<>();
    private UsageStore store;
    private RateLimits limits;
    private UsageSettings settings;
    private DurableTasks tasks;
    private Clock clock;
    private DurableTasks.Repeated writing = () -> {};
    private LocalDate deletedOn = LocalDate.MIN;
    private volatile boolean isClosed;

    /** Required by the container's proxy. */
    protected UsageLedger() {}

    @Inject
    public UsageLedger(
            Database database, DurableTasks tasks, RateLimits limits, UsageSettings settings, @Internal Clock clock) {
        this.store = new UsageStore(database);
        this.tasks = tasks;
        this.limits = limits;
        this.settings = settings;
        this.clock = clock;
    }

    @Inject
    void stopWith(Shutdown shutdown) {
        shutdown.on(Shutdown.Step.SAVE, this::close);
    }

    void onStart(@Observes @Initialized(ApplicationScoped.class) Object event) {
        writing = tasks.every(WRITE_INTERVAL, () -> {
            if (store.isOpen()) {
                write();
            }
        });
    }

    @Override
    public Consumer<CallOutcome> begin(ClaudeCall call) {
        return outcome -> outcome.tokens()
                .ifPresent(tokens -> add(
                        new UsageKey(
                                today(),
                                call.request().caller(),
                                outcome.model().orElse(""),
                                UsageKey.Kind.MESSAGES,
                                outcome.isSimulated()),
                        new TokenUse(1, tokens)));
    }

    private void add(UsageKey key, TokenUse use) {
        boolean fits = unwritten.size() < MAX_KEYS || unwritten.containsKey(key);
        unwritten.merge(
                fits ? key : new UsageKey(key.day(), OTHERS, OTHERS, key.kind(), key.isSimulated()),
                use,
                TokenUse::plus);
        if (isClosed) {
            writeNow();
        }
    }

    /**
     * Returns usage, ordered by day. Does not contain the last second of other servers.
     *
     * @param most maximum number of rows
     */
    Map<UsageKey, TokenUse> find(UsageQuery query, int most) {
        write();
        return store.find(query, most);
    }

    LocalDate today() {
        return LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    }

    /** Writes the collected usage. Synchronized, because usage that is being written is in no other place. */
    synchronized void write() {
        var collected = new TreeMap<UsageKey, TokenUse>();
        // A key that is used again at the same time may be visited twice.
        unwritten
                .keySet()
                .forEach(key -> Optional.ofNullable(unwritten.remove(key))
                        .ifPresent(use -> collected.merge(key, use, TokenUse::plus)));
        boolean isWritten = collected.isEmpty();
        try {
            if (!isWritten) {
                store.add(collected);
                isWritten = true;
                collected.forEach(this::addWritten);
            }
        } finally {
            if (!isWritten) {
                collected.forEach((key, use) -> unwritten.merge(key, use, TokenUse::plus));
            }
        }
        readDayTokens();
        deleteOld();
    }

    private void addWritten(UsageKey key, TokenUse use) {
        DayTokens tokens = limits.tokensPerDay().get(key.caller());
        if (tokens != null && key.kind() == UsageKey.Kind.MESSAGES) {
            tokens.addWritten(key.day(), RateLimits.limitedTokens(use.tokens()));
        }
    }

    /** Reads the tokens that all servers have used today. */
    private void readDayTokens() {
        if (limits.tokensPerDay().isEmpty()) {
            return;
        }
        LocalDate today = today();
        Map<String, Tokens> all = store.ofMessages(today, limits.tokensPerDay().keySet());
        limits.tokensPerDay()
                .forEach((caller, tokens) -> tokens.setDatabaseTokens(
                        today, RateLimits.limitedTokens(all.getOrDefault(caller, Tokens.NONE))));
    }

    /** Deletes old usage once a day, also if the date moved back because the clock was set. */
    private void deleteOld() {
        LocalDate today = today();
        if (!today.equals(deletedOn)) {
            store.deleteBefore(today.minusDays(settings.retention().toDays()));
            deletedOn = today;
        }
    }

    private void writeNow() {
        try {
            write();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "Usage since the last write could not be stored: " + e.getMessage());
        }
    }

    /** Stops the regular writes. From now on usage is written immediately, because streams may end after this call. */
    @PreDestroy
    void close() {
        writing.close();
        isClosed = true;
        // The database may already be closed at the second call.
        if (store.isOpen() && !unwritten.isEmpty()) {
            writeNow();
        }
    }
}
