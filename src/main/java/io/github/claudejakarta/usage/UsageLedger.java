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
 * Writes down what messages have used. It is added up in memory and written once a second, so that no message waits for
 * the database, and a database that is away loses nothing; a server that is killed loses its last second.
 *
 * <p>Safe for use by many threads.
 */
@ApplicationScoped
public class UsageLedger implements CallObserver {

    private static final Logger LOG = Logger.getLogger(UsageLedger.class.getName());
    private static final Duration BETWEEN_WRITES = Duration.ofSeconds(1);
    /**
     * More callers and models than this between two writes, or while the database is away, are added up under one name.
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
    private LocalDate sweptOn = LocalDate.MIN;
    private volatile boolean isClosed;

    /** For the container's proxy. */
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
        writing = tasks.every(BETWEEN_WRITES, () -> {
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
            writeAtOnce();
        }
    }

    /**
     * In order of the days. What other servers have used in their last second is not in it.
     *
     * @param most rows
     */
    Map<UsageKey, TokenUse> find(UsageQuery query, int most) {
        write();
        return store.find(query, most);
    }

    LocalDate today() {
        return LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    }

    /** One at a time: what has been taken and not yet written is nowhere else. */
    synchronized void write() {
        var taken = new TreeMap<UsageKey, TokenUse>();
        // A key that is used again meanwhile may be visited twice.
        unwritten
                .keySet()
                .forEach(key -> Optional.ofNullable(unwritten.remove(key))
                        .ifPresent(use -> taken.merge(key, use, TokenUse::plus)));
        boolean isWritten = taken.isEmpty();
        try {
            if (!isWritten) {
                store.add(taken);
                isWritten = true;
                taken.forEach(this::note);
            }
        } finally {
            if (!isWritten) {
                taken.forEach((key, use) -> unwritten.merge(key, use, TokenUse::plus));
            }
        }
        readDayTokens();
        sweep();
    }

    private void note(UsageKey key, TokenUse use) {
        DayTokens tokens = limits.tokensPerDay().get(key.caller());
        if (tokens != null && key.kind() == UsageKey.Kind.MESSAGES) {
            tokens.wrote(key.day(), RateLimits.counted(use.tokens()));
        }
    }

    /** Reads the day's tokens of all servers. */
    private void readDayTokens() {
        if (limits.tokensPerDay().isEmpty()) {
            return;
        }
        LocalDate today = today();
        Map<String, Tokens> all = store.ofMessages(today, limits.tokensPerDay().keySet());
        limits.tokensPerDay()
                .forEach((caller, tokens) ->
                        tokens.databaseHas(today, RateLimits.counted(all.getOrDefault(caller, Tokens.NONE))));
    }

    /** Once a day, whether the date has moved forward or, because the clock was set, back. */
    private void sweep() {
        LocalDate today = today();
        if (!today.equals(sweptOn)) {
            store.forgetBefore(today.minusDays(settings.retention().toDays()));
            sweptOn = today;
        }
    }

    private void writeAtOnce() {
        try {
            write();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "Usage of the last moment is lost: " + e.getMessage());
        }
    }

    /** From here on what is used is written at once: streams may be ended after this. */
    @PreDestroy
    void close() {
        writing.close();
        isClosed = true;
        // At the second call there may be no database any more.
        if (store.isOpen() && !unwritten.isEmpty()) {
            writeAtOnce();
        }
    }
}
