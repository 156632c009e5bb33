package io.github.claudejakarta.it.batches;

import static io.github.claudejakarta.it.support.BatchCaller.ids;
import static io.github.claudejakarta.it.support.BatchCaller.isSent;
import static io.github.claudejakarta.it.support.BatchCaller.lines;
import static io.github.claudejakarta.it.support.BatchCaller.messageBatches;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.BatchCaller;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.simulator.Simulator;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A server that is killed ({@code kill -9}) and started again continues its batches, and sends nothing twice. It uses
 * the default database. Claude outlives the server.
 *
 * <p>The server is killed once, before the tests, with a batch in each state. Each test checks one of the batches.
 * Parts differ in size, because two unresolved parts of the same size cannot be distinguished.
 */
@OwnServers
class BatchesSurviveIT {

    /** Time in which the other server detects the dead server and its successor does its work. */
    private static final Duration SOON = Duration.ofSeconds(25);

    private static final int PART = 5;
    private static final int REFUSALS = 8;

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("survivor");

    private static Simulator simulator;
    private static Arrivals arrivals;
    private static BatchCaller caller;

    private static String followed;
    private static String late;
    private static String refused;
    private static String hasty;
    private static JsonObject listAfterwards;

    @BeforeAll
    static void crash() throws Exception {
        simulator = Simulator.start(Thread::new);
        arrivals = new Arrivals(simulator);
        SERVER.with("CLAUDE_BASE_URL", simulator.baseUri().toString())
                .with("ANTHROPIC_API_KEY", "test")
                .with("CLAUDE_BATCH_POLL_INTERVAL", "PT1S")
                .with("CLAUDE_BATCH_MAX_POLL_INTERVAL", "PT1S")
                .with("CLAUDE_BATCH_LOOKUP", "PT2S")
                .with("CLAUDE_BATCH_MAX_PART_REQUESTS", Integer.toString(PART))
                .start();
        caller = BatchCaller.of(SERVER);

        followed = caller.accepted("followed-", 1, "batch_us=15000000");
        caller.await(followed, BatchCaller::isSent);
        late = caller.accepted("late-", 2, "batch_late_us=30000000 batch_us=1000000");
        Api.await("a batch without an answer", () -> simulator.batches().size() == 2);
        try (var half = HalfSubmission.begin(caller, "half", ids("half-", 3 * PART))) {
            refused = caller.accepted(
                    "refused-",
                    9,
                    "batch_status=429 retry_after=1 key=refused times=" + REFUSALS + " batch_us=1000000");
            Api.await("a refusal", () -> !arrivals.creations("refused-").isEmpty());
            hasty = caller.accepted("hasty-", 3, "batch_us=1000000");
            SERVER.kill();
        }
        assertThat(simulator.batches()).as("accepted by Claude before the end").hasSizeBetween(2, 3);
        SERVER.start();
        listAfterwards = caller.list();
    }

    @AfterAll
    static void end() {
        arrivals.close();
        simulator.close();
    }

    @Test
    void anIncompleteSubmissionLeavesNothingAndCanBeRepeated() throws Exception {
        assertThat(arrivals.creations("half-")).isEmpty();
        assertThat(listed(listAfterwards)).containsExactlyInAnyOrder(followed, late, refused, hasty);

        long begin = System.nanoTime();
        var again = caller.submit(lines("half-", PART, "batch_us=0"), "Idempotency-Key", "half");
        while (again.statusCode() == 409) {
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .as(again::body)
                    .isLessThan(SOON);
            Thread.sleep(Duration.ofSeconds(
                            again.headers().firstValueAsLong("retry-after").orElseThrow())
                    .toMillis());
            again = caller.submit(lines("half-", PART, "batch_us=0"), "Idempotency-Key", "half");
        }

        assertThat(again.statusCode()).as(again::body).isEqualTo(202);
        caller.succeeded(Api.json(again.body()).getString("id"), ids("half-", PART));
        assertThat(arrivals.creations("half-")).hasSize(1);
    }

    @Test
    void aPartThatClaudeHasNotAcceptedIsSentOnceAfterwards() throws Exception {
        caller.succeeded(refused, ids("refused-", 9));

        assertThat(arrivals.creations("refused-")).hasSize(REFUSALS + 2);
    }

    @Test
    void aBatchAcceptedJustBeforeTheKillIsSentOnce() throws Exception {
        caller.succeeded(hasty, ids("hasty-", 3));

        assertThat(arrivals.creations("hasty-")).hasSize(1);
    }

    @Test
    void aPartThatClaudeAcceptedWithoutAResponseIsFoundAgain() throws Exception {
        caller.succeeded(late, ids("late-", 2));

        assertThat(arrivals.creations("late-")).hasSize(1);
    }

    @Test
    void aPartThatClaudeProcessesIsFollowedToItsEnd() throws Exception {
        var batch = caller.succeeded(followed, ids("followed-", 1));

        assertThat(simulator.batches()).containsAll(messageBatches(batch));
        assertThat(arrivals.creations("followed-")).hasSize(1);
    }

    @Test
    void partsThatWaitForOthersAreSentOnceEach() throws Exception {
        SERVER.stop();
        SERVER.with("CLAUDE_BATCH_MAX_CONCURRENT", "1").start();
        var id = caller.accepted("between-", 2 * PART + 3, "batch_us=2000000");
        // The first of them.
        caller.await(
                id,
                batch -> batch.getJsonArray("parts").getValuesAs(JsonValue::asJsonObject).stream()
                        .anyMatch(part -> !part.isNull("id")));
        assertThat(isSent(caller.get(id))).isFalse();

        SERVER.kill();
        SERVER.start();

        var parts = caller.succeeded(id, ids("between-", 2 * PART + 3))
                .getJsonArray("parts")
                .getValuesAs(JsonValue::asJsonObject);
        assertThat(parts).hasSize(3);
        assertThat(arrivals.creations("between-")).hasSize(3);
        List<JsonObject> inOrder = parts.stream()
                .sorted((a, b) -> moment(a, "created_at").compareTo(moment(b, "created_at")))
                .toList();
        assertThat(IntStream.range(1, 3))
                .as(() -> "one after the other: " + parts)
                .allMatch(next ->
                        !moment(inOrder.get(next), "created_at").isBefore(moment(inOrder.get(next - 1), "ended_at")));
    }

    private static Instant moment(JsonObject part, String name) {
        return Instant.parse(part.getString(name));
    }

    @Test
    void theListIsTheSameAfterARestart() throws Exception {
        for (String id : listed(caller.list())) {
            caller.ended(id);
        }
        var before = caller.list();

        SERVER.stop();
        SERVER.start();

        assertThat(caller.list()).isEqualTo(before);
        assertThat(SERVER.failures().lines().filter(line -> line.startsWith("Exception = ")))
                .as("incidents")
                .noneMatch(line -> line.contains("org.h2") || line.contains("io.github"));
    }

    private static List<String> listed(JsonObject list) {
        return list.getJsonArray("data")
                .getValuesAs(batch -> batch.asJsonObject().getString("id"));
    }
}
