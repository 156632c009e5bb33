package io.github.claudejakarta.it.batches;

import static io.github.claudejakarta.it.support.BatchCaller.ids;
import static io.github.claudejakarta.it.support.BatchCaller.messageBatches;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.BatchCaller;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.simulator.TimedSimulator;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Two servers on one PostgreSQL share the work. Each part belongs to one server at a time, and if a server dies, the
 * other takes over.
 */
@OwnServers
class BatchesOnTwoServersIT {

    /**
     * Servers that share a database usually share a key. Here each has its own, so that the test can distinguish their
     * requests.
     */
    private static final Map<String, String> KEYS = Map.of("first", "key-of-first", "second", "key-of-second");
    /** The shortest interval between two polls of one server. Two servers that follow a part poll twice as often. */
    private static final Duration LEAST_INTERVAL = Duration.ofMillis(750);

    private static final Duration TAKEN_OVER = Duration.ofSeconds(60);

    @RegisterExtension
    static final ServerProcess FIRST = new ServerProcess("first");

    @RegisterExtension
    static final ServerProcess SECOND = new ServerProcess("second");

    /** Claude's time; empty for the current time. */
    private static volatile Optional<Instant> stoppedAt = Optional.empty();

    private static Simulator simulator;
    private static Arrivals arrivals;
    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void start() throws Exception {
        simulator = TimedSimulator.start(
                ((InstantSource) () -> stoppedAt.orElseGet(Instant::now)).withZone(ZoneOffset.UTC));
        arrivals = new Arrivals(simulator);
        postgres = EmbeddedPostgres.start();
        try (var connection = postgres.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("create role claude login password 'for-tests-only'");
            statement.execute("create database claude owner claude");
        }
        configure(FIRST, KEYS.get("first"));
        configure(SECOND, KEYS.get("second"));
    }

    private static void configure(ServerProcess server, String key) {
        server.with("CLAUDE_DATABASE_URL", "jdbc:postgresql://localhost:" + postgres.getPort() + "/claude")
                .with("CLAUDE_DATABASE_USER", "claude")
                .with("CLAUDE_DATABASE_PASSWORD", "for-tests-only")
                .with("CLAUDE_BASE_URL", simulator.baseUri().toString())
                .with("ANTHROPIC_API_KEY", key)
                .with("CLAUDE_BATCH_POLL_INTERVAL", "PT1S")
                .with("CLAUDE_BATCH_MAX_POLL_INTERVAL", "PT1S")
                .with("CLAUDE_BATCH_LOOKUP", "PT2S")
                .with("CLAUDE_BATCH_MAX_PART_REQUESTS", "4");
    }

    @BeforeEach
    void bothServersRun() throws Exception {
        for (ServerProcess server : List.of(FIRST, SECOND)) {
            if (!server.isRunning()) {
                server.begin();
            }
        }
        FIRST.awaitReady();
        SECOND.awaitReady();
    }

    @AfterAll
    static void end() throws Exception {
        FIRST.afterAll(null);
        SECOND.afterAll(null);
        postgres.close();
        arrivals.close();
        simulator.close();
    }

    @Test
    void eachPartIsCreatedOnceAndFollowedByOneServerAtATime() throws Exception {
        var atFirst = BatchCaller.of(FIRST).accepted("a-", 10, "batch_us=12000000");
        var atSecond = BatchCaller.of(SECOND).accepted("b-", 10, "batch_us=12000000");

        var a = BatchCaller.of(SECOND).succeeded(atFirst, ids("a-", 10));
        var b = BatchCaller.of(FIRST).succeeded(atSecond, ids("b-", 10));

        assertThat(arrivals.creations("a-")).hasSize(3);
        assertThat(arrivals.creations("b-")).hasSize(3);
        assertThat(Stream.of(a, b).flatMap(batch -> messageBatches(batch).stream()))
                .hasSize(6)
                .allSatisfy(messageBatch -> {
                    var polls = arrivals.polls(messageBatch);
                    assertThat(polls).hasSizeGreaterThan(2);
                    long nanos =
                            polls.get(polls.size() - 1).nanos() - polls.get(0).nanos();
                    assertThat(polls).hasSizeLessThanOrEqualTo((int) (nanos / LEAST_INTERVAL.toNanos()) + 2);
                });
    }

    /** Claude's clock stands still until the second server has shown the cancellation, however late it polls. */
    @Test
    void aChangeOnOneServerIsVisibleOnTheOther() throws Exception {
        var id = BatchCaller.of(FIRST).accepted("watched-", 1, "batch_us=60000000");
        BatchCaller.of(FIRST).await(id, BatchCaller::isSent);
        BlockingQueue<JsonObject> events = BatchCaller.of(SECOND).watch(id);
        assertThat(next(events).getString("status")).isEqualTo("in_progress");

        stoppedAt = Optional.of(Instant.now());
        try {
            BatchCaller.of(FIRST).cancel(id);
            assertThat(next(events).getString("status")).isEqualTo("canceling");
        } finally {
            stoppedAt = Optional.empty();
        }

        JsonObject event = next(events);
        while (event.isNull("ended_at")) {
            assertThat(event.getString("status")).isEqualTo("canceling");
            event = next(events);
        }
        assertThat(event.getString("status")).isEqualTo("ended");
        assertThat(event.getJsonObject("request_counts").getInt("canceled")).isEqualTo(1);
    }

    private static JsonObject next(BlockingQueue<JsonObject> events) throws InterruptedException {
        var event = events.poll(20, TimeUnit.SECONDS);
        assertThat(event).as("an event").isNotNull();
        return event;
    }

    /**
     * The server that dies is sending one part, and any free server follows the other parts. The responses to its
     * successor arrive so slowly that another server could consider the part abandoned.
     */
    @Test
    void theWorkOfADeadServerIsTakenOver() throws Exception {
        var followed = BatchCaller.of(FIRST).accepted("running-", 10, "batch_us=20000000");
        BatchCaller.of(FIRST).await(followed, BatchCaller::isSent);
        var late = BatchCaller.of(FIRST).accepted("late-", 1, "batch_late_us=60000000 batch_us=1000000");
        Api.await("a creation", () -> arrivals.creations("late-").size() == 1);
        boolean isSecond = arrivals.creations("late-").get(0).request().carries(KEYS.get("second"));
        var survivor = BatchCaller.of(isSecond ? FIRST : SECOND);

        try (var slow = HalfSubmission.begin(survivor, "slow", ids("slow-", 5))) {
            (isSecond ? SECOND : FIRST).kill();

            long begin = System.nanoTime();
            survivor.succeeded(late, ids("late-", 1));
            survivor.succeeded(followed, ids("running-", 10));
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(TAKEN_OVER);
            assertThat(HalfSubmission.isUnderWay(survivor, "slow")).isTrue();
            assertThat(slow.finish()).isEqualTo(202);
        }
        assertThat(arrivals.creations("late-")).hasSize(1);
        assertThat(arrivals.creations("running-")).hasSize(3);
    }
}
