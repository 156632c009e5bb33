package io.github.claudejakarta.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.http.CallOutcome;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.durable.PooledDatabase;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.runtime.Ticker;
import io.github.claudejakarta.simulator.SettableClock;
import io.github.claudejakarta.usage.UsageKey.Kind;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests of recorded usage, for one kind of database. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class UsageContract extends PooledDatabase {

    private static final LocalDate DAY = LocalDate.of(2026, 11, 21);
    private static final UsageSettings SETTINGS = new UsageSettings(
            Map.of(
                    "alice",
                    new Limits(
                            OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.of(1000))),
            Duration.ofDays(2));

    private SettableClock clock;
    private final List<DurableTasks> tasks = new ArrayList<>();
    private UsageLedger ledger;

    @BeforeEach
    void begin() {
        clock = new SettableClock();
        ledger = ledger(database());
    }

    @AfterEach
    void clear() {
        tasks.forEach(DurableTasks::close);
        database().transaction(connection -> Sql.update(connection, "delete from claude_usage"));
    }

    @Test
    void addsUpByCallerModelAndDay() {
        used(ledger, "alice", "claude-a", new Tokens(1, 2, 3, 4, 5));
        used(ledger, "alice", "claude-a", new Tokens(10, 20, 30, 40, 50));
        used(ledger, "alice", "claude-b", new Tokens(7, 0, 0, 0, 0));
        used(ledger, "bob", "claude-a", new Tokens(8, 0, 0, 0, 0));
        ledger.write();
        used(ledger, "alice", "claude-a", new Tokens(100, 200, 300, 400, 500));
        clock.advance(Duration.ofDays(1));
        used(ledger, "alice", "claude-a", new Tokens(9, 0, 0, 0, 0));

        assertThat(ledger.find(UsageQuery.between(DAY, DAY.plusDays(1)), 20_000))
                .containsExactly(
                        Map.entry(key(DAY, "alice", "claude-a"), new TokenUse(3, new Tokens(111, 222, 333, 444, 555))),
                        Map.entry(key(DAY, "alice", "claude-b"), new TokenUse(1, new Tokens(7, 0, 0, 0, 0))),
                        Map.entry(key(DAY, "bob", "claude-a"), new TokenUse(1, new Tokens(8, 0, 0, 0, 0))),
                        Map.entry(
                                key(DAY.plusDays(1), "alice", "claude-a"), new TokenUse(1, new Tokens(9, 0, 0, 0, 0))));
        assertThat(ledger.find(UsageQuery.between(DAY.plusDays(1), DAY.plusDays(1)), 20_000))
                .hasSize(1);
        assertThat(ledger.find(UsageQuery.between(DAY.minusDays(9), DAY.minusDays(1)), 20_000))
                .isEmpty();
    }

    @Test
    void findsOnlyTheRequestedUsage() {
        used(ledger, "alice", "claude-a", new Tokens(1, 0, 0, 0, 0));
        used(ledger, "alice", "claude-b", new Tokens(2, 0, 0, 0, 0));
        used(ledger, "bob", "claude-a", new Tokens(3, 0, 0, 0, 0));

        assertThat(found("alice", null)).containsExactly(key(DAY, "alice", "claude-a"), key(DAY, "alice", "claude-b"));
        assertThat(found(null, "claude-a")).containsExactly(key(DAY, "alice", "claude-a"), key(DAY, "bob", "claude-a"));
        assertThat(found("alice", "claude-b")).containsExactly(key(DAY, "alice", "claude-b"));
        assertThat(found("a\0lice", null)).isEmpty();
        assertThat(found("alice' or 'a' = 'a", null)).isEmpty();
        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 2)).hasSize(2);
    }

    private Set<UsageKey> found(String caller, String model) {
        return ledger.find(new UsageQuery(DAY, DAY, Optional.ofNullable(caller), Optional.ofNullable(model)), 20_000)
                .keySet();
    }

    @Test
    void batchesAreCountedSeparately() {
        used(ledger, "alice", "claude-a", new Tokens(1, 1, 1, 1, 1));

        batchEnds(false, new TokenUse(50, new Tokens(100, 200, 0, 0, 0)));
        batchEnds(false, new TokenUse(50, new Tokens(100, 200, 0, 0, 0)));

        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000))
                .containsOnly(
                        Map.entry(key(DAY, "alice", "claude-a"), new TokenUse(1, new Tokens(1, 1, 1, 1, 1))),
                        Map.entry(
                                new UsageKey(DAY, "alice", "claude-a", Kind.BATCH, false),
                                new TokenUse(100, new Tokens(200, 400, 0, 0, 0))));
    }

    private void batchEnds(boolean isSimulated, TokenUse use) {
        database().transaction(connection -> {
            UsageStore.addBatch(connection, database().application(), DAY, "alice", "claude-a", isSimulated, use);
            return null;
        });
    }

    /** A simulator's tokens are never paid for. */
    @Test
    void answersOfASimulatorAreCountedSeparately() {
        used(ledger, "alice", "claude-a", new Tokens(1, 1, 1, 1, 1));
        batchEnds(true, new TokenUse(1, new Tokens(2, 2, 0, 0, 0)));
        batchEnds(true, new TokenUse(1, new Tokens(2, 2, 0, 0, 0)));

        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000))
                .containsOnly(
                        Map.entry(key(DAY, "alice", "claude-a"), new TokenUse(1, new Tokens(1, 1, 1, 1, 1))),
                        Map.entry(
                                new UsageKey(DAY, "alice", "claude-a", Kind.BATCH, true),
                                new TokenUse(2, new Tokens(4, 4, 0, 0, 0))));
    }

    @Test
    void messagesOfASimulatorAreSeparateInOneWrite() {
        used(ledger, "alice", "claude-a", new Tokens(1, 1, 0, 0, 0));
        ledger.begin(call("alice")).accept(outcome("claude-a", Optional.of(new Tokens(2, 2, 0, 0, 0)), true));
        ledger.write();

        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000))
                .containsOnly(
                        Map.entry(key(DAY, "alice", "claude-a"), new TokenUse(1, new Tokens(1, 1, 0, 0, 0))),
                        Map.entry(
                                new UsageKey(DAY, "alice", "claude-a", Kind.MESSAGES, true),
                                new TokenUse(1, new Tokens(2, 2, 0, 0, 0))));
    }

    @Test
    void aMessageWithoutTokensIsNotRecorded() {
        ledger.begin(call("alice")).accept(outcome("claude-a", Optional.empty()));

        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000)).isEmpty();
    }

    @Test
    void namesThatTheDatabaseRejectsAreChanged() {
        used(ledger, "c".repeat(300), "m".repeat(300), new Tokens(1, 1, 1, 1, 1));
        used(ledger, "nu\0ll", "new\nline", new Tokens(1, 1, 1, 1, 1));

        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000).keySet())
                .containsExactly(key(DAY, "c".repeat(255), "m".repeat(255)), key(DAY, "nu?ll", "new?line"));
    }

    @Slow("many requests")
    @Test
    void tooManyNamesAreAddedUp() {
        for (int i = 0; i < 10_100; i++) {
            used(ledger, "caller" + i, "claude-" + i, new Tokens(1, 0, 0, 0, 0));
        }

        Map<UsageKey, TokenUse> used = ledger.find(UsageQuery.between(DAY, DAY), 20_000);
        assertThat(used)
                .hasSizeBetween(10_000, 10_001)
                .containsEntry(key(DAY, "(others)", "(others)"), new TokenUse(100, new Tokens(100, 0, 0, 0, 0)));
    }

    @Test
    void anOutageOfTheDatabaseLosesNoUsage() {
        Database away = Impatient.database(() -> {
            throw new IllegalStateException("away");
        });
        UsageLedger waiting = ledger(away);
        used(waiting, "alice", "claude-a", new Tokens(1, 1, 1, 1, 1));

        assertThat(catchThrowable(() -> waiting.find(UsageQuery.between(DAY, DAY), 20_000)))
                .isInstanceOf(ClaudeException.class);
        assertThat(catchThrowable(waiting::write)).isInstanceOf(ClaudeException.class);
        waiting.close();
    }

    @Test
    void usageThatCouldNotBeWrittenIsWrittenLater() {
        used(ledger, "alice", "claude-a", new Tokens(1, 2, 0, 0, 0));
        ledger.write();
        used(ledger, "alice", "claude-a", new Tokens(10, 20, 0, 0, 0));
        database()
                .transaction(
                        connection -> Sql.update(connection, "alter table claude_usage rename to claude_usage_away"));

        assertThat(catchThrowable(ledger::write)).isInstanceOf(ClaudeException.class);
        used(ledger, "alice", "claude-a", new Tokens(100, 200, 0, 0, 0));
        database()
                .transaction(
                        connection -> Sql.update(connection, "alter table claude_usage_away rename to claude_usage"));

        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000))
                .containsOnly(Map.entry(key(DAY, "alice", "claude-a"), new TokenUse(3, new Tokens(111, 222, 0, 0, 0))));
    }

    @Test
    void manyThreadsLoseNoUsage() throws Exception {
        var threads = Executors.newFixedThreadPool(4);
        Callable<Void> work = () -> {
            for (int i = 0; i < 500; i++) {
                used(ledger, "alice", "claude-" + i % 3, new Tokens(1, 1, 1, 1, 1));
                if (i % 50 == 0) {
                    ledger.write();
                }
            }
            return null;
        };
        for (var done : threads.invokeAll(List.of(work, work, work, work))) {
            done.get();
        }
        threads.shutdown();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();

        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000).values().stream()
                        .mapToLong(use -> use.tokens().output())
                        .sum())
                .isEqualTo(2000);
    }

    /** Keys that share a bucket of the map. A key that is used again while the map is emptied is visited twice. */
    @Test
    void keysThatCollideLoseNoUsage() throws Exception {
        List<String> models = IntStream.range(0, 1000)
                .mapToObj(i -> "claude-" + i)
                .filter(model -> isInFirstBin(new UsageKey(DAY, "alice", model, UsageKey.Kind.MESSAGES, false)))
                .limit(4)
                .toList();
        var isDone = new AtomicBoolean();
        var threads = Executors.newFixedThreadPool(2);
        Callable<Long> using = () -> {
            long used = 0;
            for (; !isDone.get(); used++) {
                used(ledger, "alice", models.get((int) (used % models.size())), new Tokens(0, 1, 0, 0, 0));
            }
            return used;
        };
        List<Future<Long>> users = List.of(threads.submit(using), threads.submit(using));
        for (int i = 0; i < 100; i++) {
            ledger.write();
        }
        isDone.set(true);
        long used = users.get(0).get() + users.get(1).get();
        threads.shutdown();

        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000).values().stream()
                        .mapToLong(use -> use.tokens().output())
                        .sum())
                .isEqualTo(used);
    }

    /** Returns the bucket of a key in the first table of java.util.concurrent.ConcurrentHashMap. */
    private static boolean isInFirstBin(UsageKey key) {
        return ((key.hashCode() ^ (key.hashCode() >>> 16)) & 15) == 0;
    }

    @Test
    void severalServersAddToTheSameRows() {
        UsageLedger other = ledger(database());
        for (int i = 0; i < 5; i++) {
            used(ledger, "alice", "claude-a", new Tokens(1, 0, 0, 0, 0));
            used(other, "alice", "claude-a", new Tokens(10, 0, 0, 0, 0));
            ledger.write();
            other.write();
        }

        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000))
                .containsOnly(Map.entry(key(DAY, "alice", "claude-a"), new TokenUse(10, new Tokens(55, 0, 0, 0, 0))));
    }

    @Test
    void applicationsHaveSeparateUsageAndTokens() {
        var limits = new RateLimits(SETTINGS, clock, Ticker.SYSTEM);
        Database others = Impatient.opened(pool(), "others");
        UsageLedger theirs = ledger(others, limits);
        used(ledger, "alice", "claude-a", new Tokens(600, 0, 0, 0, 0));
        used(theirs, "alice", "claude-a", new Tokens(7, 0, 0, 0, 0));
        others.transaction(connection -> {
            UsageStore.addBatch(
                    connection,
                    others.application(),
                    DAY,
                    "alice",
                    "claude-a",
                    false,
                    new TokenUse(1, new Tokens(8, 0, 0, 0, 0)));
            return null;
        });

        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000))
                .containsOnly(Map.entry(key(DAY, "alice", "claude-a"), new TokenUse(1, new Tokens(600, 0, 0, 0, 0))));
        assertThat(theirs.find(UsageQuery.between(DAY, DAY), 20_000).values())
                .containsExactlyInAnyOrder(
                        new TokenUse(1, new Tokens(7, 0, 0, 0, 0)), new TokenUse(1, new Tokens(8, 0, 0, 0, 0)));
        assertThat(new UsageStore(others).ofMessages(DAY, Set.of("alice")))
                .containsEntry("alice", new Tokens(7, 0, 0, 0, 0));
        new UsageStore(others).deleteBefore(DAY.plusDays(1));
        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000)).hasSize(1);
        assertThat(theirs.find(UsageQuery.between(DAY, DAY), 20_000)).isEmpty();
    }

    @Test
    void twoTransactionsMayInsertTheSameRow() throws Exception {
        var other = Executors.newSingleThreadExecutor();
        try {
            Future<?> waiting = database().transaction(connection -> {
                UsageStore.addBatch(
                        connection,
                        database().application(),
                        DAY,
                        "alice",
                        "claude-a",
                        false,
                        new TokenUse(1, new Tokens(1, 0, 0, 0, 0)));
                Future<?> later = other.submit(() -> database().transaction(inOther -> {
                    UsageStore.addBatch(
                            inOther,
                            database().application(),
                            DAY,
                            "alice",
                            "claude-a",
                            false,
                            new TokenUse(1, new Tokens(10, 0, 0, 0, 0)));
                    UsageStore.addBatch(
                            inOther,
                            database().application(),
                            DAY,
                            "alice",
                            "claude-b",
                            false,
                            new TokenUse(1, new Tokens(100, 0, 0, 0, 0)));
                    return null;
                }));
                assertThat(catchThrowable(() -> later.get(300, TimeUnit.MILLISECONDS)))
                        .isInstanceOf(TimeoutException.class);
                return later;
            });
            waiting.get(30, TimeUnit.SECONDS);
        } finally {
            other.shutdownNow();
        }

        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000))
                .containsOnly(
                        Map.entry(
                                new UsageKey(DAY, "alice", "claude-a", Kind.BATCH, false),
                                new TokenUse(2, new Tokens(11, 0, 0, 0, 0))),
                        Map.entry(
                                new UsageKey(DAY, "alice", "claude-b", Kind.BATCH, false),
                                new TokenUse(1, new Tokens(100, 0, 0, 0, 0))));
    }

    @Test
    void tokensPerDaySurviveARestart() {
        used(ledger, "alice", "claude-a", new Tokens(600, 0, 0, 0, 0));
        ledger.close();
        database().transaction(connection -> {
            UsageStore.addBatch(
                    connection,
                    database().application(),
                    DAY,
                    "alice",
                    "claude-a",
                    false,
                    new TokenUse(1, new Tokens(300, 0, 0, 0, 0)));
            UsageStore.addBatch(
                    connection,
                    database().application(),
                    DAY.minusDays(1),
                    "alice",
                    "claude-a",
                    false,
                    new TokenUse(1, new Tokens(300, 0, 0, 0, 0)));
            return null;
        });

        var limits = new RateLimits(SETTINGS, clock, Ticker.SYSTEM);
        UsageLedger next = ledger(database(), limits);
        used(next, "alice", "claude-a", new Tokens(50, 0, 0, 0, 0));
        limits.begin(call("alice")).accept(outcome("claude-a", Optional.of(new Tokens(50, 0, 0, 0, 0))));
        next.write();
        next.write();

        assertThat(limits.headers("alice")).containsEntry("anthropic-ratelimit-tokens-remaining", "350");
    }

    @Test
    void tokensPerDayCountOverAllServers() {
        var limits =
                List.of(new RateLimits(SETTINGS, clock, Ticker.SYSTEM), new RateLimits(SETTINGS, clock, Ticker.SYSTEM));
        var servers = List.of(ledger(database(), limits.get(0)), ledger(database(), limits.get(1)));

        for (int i = 0; i < 2; i++) {
            servers.get(i)
                    .begin(call("alice"))
                    .accept(outcome("claude-a", Optional.of(new Tokens(100L * (i + 1), 0, 0, 0, 0))));
            limits.get(i)
                    .begin(call("alice"))
                    .accept(outcome("claude-a", Optional.of(new Tokens(100L * (i + 1), 0, 0, 0, 0))));
        }
        assertThat(remaining(limits)).containsExactly("900", "800");
        servers.forEach(UsageLedger::write);
        servers.forEach(UsageLedger::write);
        assertThat(remaining(limits)).containsExactly("700", "700");
        used(ledger, "bob", "claude-a", new Tokens(500, 0, 0, 0, 0));
        servers.forEach(UsageLedger::write);
        assertThat(remaining(limits)).containsExactly("700", "700");

        clock.advance(Duration.ofDays(1));
        servers.forEach(UsageLedger::write);
        assertThat(remaining(limits)).containsExactly("1000", "1000");
        limits.get(0).begin(call("alice")).accept(outcome("claude-a", Optional.of(new Tokens(10, 0, 0, 0, 0))));
        used(servers.get(0), "alice", "claude-b", new Tokens(10, 0, 0, 0, 0));
        servers.forEach(UsageLedger::write);
        assertThat(remaining(limits)).containsExactly("990", "990");
    }

    /** The tokens of both days in the database count once each, for each date of the clock. */
    @Test
    void tokensPerDaySurviveAClockSetBackOverMidnight() {
        var limits = new RateLimits(SETTINGS, clock, Ticker.SYSTEM);
        UsageLedger server = ledger(database(), limits);
        spend(server, limits, 600);
        clock.advance(Duration.ofDays(1));
        spend(server, limits, 50);

        clock.advance(Duration.ofDays(-1));
        server.write();
        assertThat(remaining(List.of(limits))).containsExactly("400");
        spend(server, limits, 100);
        assertThat(remaining(List.of(limits))).containsExactly("300");
        clock.advance(Duration.ofDays(1));
        server.write();

        assertThat(remaining(List.of(limits))).containsExactly("950");
    }

    private static void spend(UsageLedger server, RateLimits limits, long tokens) {
        used(server, "alice", "claude-a", new Tokens(tokens, 0, 0, 0, 0));
        limits.begin(call("alice")).accept(outcome("claude-a", Optional.of(new Tokens(tokens, 0, 0, 0, 0))));
        server.write();
    }

    private static List<String> remaining(List<RateLimits> limits) {
        return limits.stream()
                .map(one -> one.headers("alice").get("anthropic-ratelimit-tokens-remaining"))
                .toList();
    }

    @Test
    void usageAfterTheCloseIsWrittenImmediately() {
        ledger.close();

        used(ledger, "alice", "claude-a", new Tokens(1, 0, 0, 0, 0));

        assertThat(new UsageStore(database()).find(UsageQuery.between(DAY, DAY), 20_000))
                .hasSize(1);
    }

    @Test
    @Slow("time limits in real time")
    void usageIsWrittenRegularly() throws Exception {
        ledger.onStart(new Object());
        used(ledger, "alice", "claude-a", new Tokens(1, 0, 0, 0, 0));

        var store = new UsageStore(database());
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (store.find(UsageQuery.between(DAY, DAY), 20_000).isEmpty()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    @Test
    void usageIsDeletedAfterItsRetention() {
        used(ledger, "alice", "claude-a", new Tokens(1, 0, 0, 0, 0));
        ledger.write();
        clock.advance(Duration.ofDays(2));
        ledger.write();
        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000)).hasSize(1);

        clock.advance(Duration.ofDays(1));

        ledger.write();
        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000)).isEmpty();
    }

    @Test
    void usageIsDeletedAlsoAfterTheClockWasFarAhead() {
        used(ledger, "alice", "claude-a", new Tokens(1, 0, 0, 0, 0));
        clock.advance(Duration.ofDays(4_000));
        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000))
                .as("the day of a row is the date of the wall clock")
                .isEmpty();
        clock.advance(Duration.ofDays(-4_000));
        used(ledger, "alice", "claude-a", new Tokens(1, 0, 0, 0, 0));
        ledger.write();

        clock.advance(Duration.ofDays(3));
        ledger.write();

        assertThat(ledger.find(UsageQuery.between(DAY, DAY), 20_000)).isEmpty();
    }

    private UsageLedger ledger(Database where) {
        return ledger(where, new RateLimits(SETTINGS, clock, Ticker.SYSTEM));
    }

    private UsageLedger ledger(Database where, RateLimits limits) {
        DurableTasks own = Impatient.tasks(where);
        tasks.add(own);
        return new UsageLedger(where, own, limits, SETTINGS, clock);
    }

    private static UsageKey key(LocalDate day, String caller, String model) {
        return new UsageKey(day, caller, model, Kind.MESSAGES, false);
    }

    private static void used(UsageLedger ledger, String caller, String model, Tokens tokens) {
        ledger.begin(call(caller)).accept(outcome(model, Optional.of(tokens)));
    }

    private static ClaudeCall call(String caller) {
        return new ClaudeCall(ClaudeRequest.stream(RequestBody.of(new byte[0]))
                .withCaller(caller)
                .withModel("asked-for"));
    }

    private static CallOutcome outcome(String model, Optional<Tokens> tokens) {
        return outcome(model, tokens, false);
    }

    private static CallOutcome outcome(String model, Optional<Tokens> tokens, boolean isSimulated) {
        return new CallOutcome(
                200,
                Optional.empty(),
                Optional.empty(),
                1,
                Optional.empty(),
                Optional.of(model),
                tokens,
                Optional.empty(),
                Optional.empty(),
                Duration.ZERO,
                isSimulated);
    }
}
