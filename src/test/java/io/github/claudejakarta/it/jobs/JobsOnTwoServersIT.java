package io.github.claudejakarta.it.jobs;

import static io.github.claudejakarta.it.support.JobCaller.callback;
import static io.github.claudejakarta.it.support.JobCaller.submissionFor;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.Receiver;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Two servers on one PostgreSQL share the jobs. Each job belongs to one server at a time, wherever it was submitted,
 * and if a server dies, the other takes over.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@OwnServers
class JobsOnTwoServersIT {

    /**
     * Servers that share a database usually share a key. Here each has its own, so that the test can distinguish their
     * requests.
     */
    private static final String FIRST_KEY = ServerLog.KEY_MARK + "of-first";

    private static final String SECOND_KEY = ServerLog.KEY_MARK + "of-second";
    /** The number of jobs that one server runs concurrently: a fifth of its connections. */
    private static final int CONCURRENT = 20;

    private static final Duration TAKEN_OVER = Duration.ofSeconds(60);

    @RegisterExtension
    static final ServerProcess FIRST = new ServerProcess("first-for-jobs");

    @RegisterExtension
    static final ServerProcess SECOND = new ServerProcess("second-for-jobs");

    private static HoldingUpstream upstream;
    private static Receiver receiver;
    private static EmbeddedPostgres postgres;
    private static JobCaller atFirst;
    private static JobCaller atSecond;

    @BeforeAll
    static void start() throws Exception {
        upstream = new HoldingUpstream();
        receiver = new Receiver();
        // Conflicts between two servers are expected and are not errors.
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("log_min_messages", "fatal")
                .start();
        try (var connection = postgres.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("create role claude login password 'for-tests-only'");
            statement.execute("create database claude owner claude");
        }
        begin(FIRST, FIRST_KEY);
        begin(SECOND, SECOND_KEY);
        FIRST.awaitReady();
        SECOND.awaitReady();
        atFirst = JobCaller.of(FIRST);
        atSecond = JobCaller.of(SECOND);
    }

    /** Starts a server with the default heartbeat. */
    private static void begin(ServerProcess server, String key) throws Exception {
        server.with(
                        "CLAUDE_DATABASE_URL",
                        "jdbc:postgresql://localhost:" + postgres.getPort()
                                + "/claude?reWriteBatchedInserts=true&tcpKeepAlive=true&socketTimeout=300&logServerErrorDetail=false")
                .with("CLAUDE_DATABASE_USER", "claude")
                .with("CLAUDE_DATABASE_PASSWORD", "for-tests-only")
                .with("CLAUDE_BASE_URL", upstream.url().toString())
                .with("ANTHROPIC_API_KEY", key)
                .with("CLAUDE_WEBHOOKS_SECRET", Receiver.SECRET)
                .with("CLAUDE_WEBHOOKS_ALLOWED_HOSTS", "localhost")
                .begin();
    }

    @AfterAll
    static void end() throws Exception {
        FIRST.afterAll(null);
        SECOND.afterAll(null);
        postgres.close();
        receiver.close();
        upstream.close();
        for (ServerProcess server : List.of(FIRST, SECOND)) {
            assertThat(server.warnings("was abandoned by the server that ran it"))
                    .isEmpty();
            assertThat(server.log()).doesNotContain(FIRST_KEY, SECOND_KEY, Api.PROMPT, Receiver.SECRET);
        }
    }

    @AfterEach
    void noJobRunsTwiceConcurrently() {
        assertThat(upstream.concurrentRepeats()).isEmpty();
    }

    private static List<String> submit(String prefix, int jobs, JobCaller caller) throws Exception {
        var submissions = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int i = 0; i < jobs; i++) {
            submissions.add(caller.submitAsync(submissionFor(
                    prefix + i,
                    callback(receiver.url("/" + prefix + i)),
                    "\"metadata\":{\"secret\":\"" + Api.PROMPT + "\"}")));
        }
        var ids = new ArrayList<String>();
        for (var submission : submissions) {
            var response = submission.get(20, TimeUnit.SECONDS);
            assertThat(response.statusCode()).as(response::body).isEqualTo(202);
            ids.add(Api.json(response.body()).getString("id"));
        }
        return ids;
    }

    private static boolean isFromFirst(HoldingUpstream.HeldRequest held) {
        return held.key().equals(FIRST_KEY);
    }

    /** Submits a job, waits until it runs, and returns its request to Claude. */
    private static HoldingUpstream.HeldRequest running(String name) throws Exception {
        submit(name, 1, atFirst);
        Api.await("the job to run", () -> upstream.open(name).size() == 1);
        return upstream.open(name).get(0);
    }

    @Test
    @Order(1)
    void aFullServerLeavesJobsToTheOther() throws Exception {
        var ids = submit("a-", CONCURRENT, atFirst);
        ids.addAll(submit("b-", CONCURRENT, atSecond));

        Api.await(
                "the maximum of running jobs on both servers",
                () -> upstream.open("").size() == 2 * CONCURRENT);
        assertThat(upstream.open("").stream().filter(JobsOnTwoServersIT::isFromFirst))
                .hasSize(CONCURRENT);
        upstream.release();

        for (String id : ids) {
            var job = atSecond.succeeded(id);
            assertThat(job.getInt("attempts")).isEqualTo(1);
            assertThat(JobCaller.withoutCallback(atFirst.job(id))).isEqualTo(JobCaller.withoutCallback(job));
        }
        assertThat(upstream.heldRequests("")).hasSize(2 * CONCURRENT);
    }

    @Test
    @Order(2)
    void aJobCanBeCanceledOnTheOtherServer() throws Exception {
        var held = running("canceled-");
        var other = isFromFirst(held) ? atSecond : atFirst;
        String id = other.newest().get(0);

        assertThat(other.cancel(id).statusCode()).isEqualTo(200);

        assertThat(held.request().clientGone().get(20, TimeUnit.SECONDS)).isNotNull();
        assertThat(atFirst.job(id).getString("status")).isEqualTo("canceled");
        assertThat(receiver.await("/canceled-0").payload().getString("type")).isEqualTo("job.canceled");
        assertThat(upstream.heldRequests("canceled-")).hasSize(1);
    }

    @Test
    @Order(3)
    void aJobCanBeAwaitedOnTheOtherServer() throws Exception {
        var held = running("waited-");
        var other = isFromFirst(held) ? atSecond : atFirst;
        var waiting = other.getAsync("/" + other.newest().get(0), "prefer", "wait=60");

        upstream.release();

        var job = Api.json(waiting.get(20, TimeUnit.SECONDS).body());
        assertThat(JobCaller.text(job)).isEqualTo("Hello");
    }

    @Test
    @Order(4)
    void submissionsWithOneKeyOnBothServersAreOneJob() throws Exception {
        var submissions = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int i = 0; i < 10; i++) {
            submissions.add(atFirst.submitAsync(submissionFor("once"), "idempotency-key", "once"));
            submissions.add(atSecond.submitAsync(submissionFor("once"), "idempotency-key", "once"));
        }

        var ids = new HashSet<String>();
        for (var submission : submissions) {
            var response = submission.get(20, TimeUnit.SECONDS);
            assertThat(response.statusCode()).as(response::body).isEqualTo(202);
            ids.add(Api.json(response.body()).getString("id"));
        }

        assertThat(ids).hasSize(1);
        Api.await("the job to run", () -> upstream.open("once").size() == 1);
        upstream.release();
        atFirst.succeeded(ids.iterator().next());
        assertThat(upstream.heldRequests("once")).hasSize(1);
    }

    @Test
    @Order(5)
    void anIdThatPostgresqlCannotStoreIsUnknown() throws Exception {
        Api.assertError(atFirst.get("?after_id=%00"), 400, "invalid_request_error");
    }

    /** Runs last, so that the server need not be started again. */
    @Test
    @Order(6)
    void theJobsOfADeadServerAreTakenOver() throws Exception {
        var ids = submit("left-", CONCURRENT, atFirst);
        Api.await("all jobs to run", () -> upstream.open("left-").size() == CONCURRENT);
        var firsts = upstream.open("left-").stream()
                .filter(JobsOnTwoServersIT::isFromFirst)
                .count();
        boolean isFirst = firsts > 0;
        int lost = (int) (isFirst ? firsts : CONCURRENT);

        (isFirst ? FIRST : SECOND).kill();
        long begin = System.nanoTime();
        var survivor = isFirst ? atSecond : atFirst;
        Api.await(
                "the connections of the dead to end",
                () -> upstream.open("left-").size() == CONCURRENT - lost);
        upstream.releaseFromNowOn();

        int restarts = 0;
        for (String id : ids) {
            var job = survivor.succeeded(id);
            restarts += job.getInt("restarts");
            assertThat(job.getInt("attempts")).isEqualTo(job.getInt("restarts") + 1);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(TAKEN_OVER);
        assertThat(restarts).isEqualTo(lost);
        assertThat(upstream.heldRequests("left-")).hasSize(CONCURRENT + lost);
        for (int i = 0; i < CONCURRENT; i++) {
            var id = ids.get(i);
            assertThat(receiver.await("/left-" + i).data().getString("id")).isEqualTo(id);
            var delivered = survivor.delivery(id, one -> one.getString("status").equals("delivered"));
            assertThat(receiver.calls("/left-" + i))
                    .extracting(Receiver.Call::id)
                    .containsOnly(delivered.getString("id"));
        }
    }
}
