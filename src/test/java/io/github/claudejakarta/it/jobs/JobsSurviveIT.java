package io.github.claudejakarta.it.jobs;

import static io.github.claudejakarta.it.support.JobCaller.callback;
import static io.github.claudejakarta.it.support.JobCaller.submission;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.Receiver;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.simulator.Simulator;
import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A server that is killed ({@code kill -9}) with 200 running jobs and started again brings all of them to their end,
 * and reports each end. It uses the default database. Claude and the receiver of callbacks outlive the server.
 *
 * <p>The server is killed once, before the tests, with jobs in each state. Each test checks some of them.
 */
@OwnServers
class JobsSurviveIT {

    private static final int RUNNING = 200;
    private static final int QUEUED = 10;
    private static final String SOON = "sim:events=1";
    private static final String KEY = ServerLog.KEY_MARK + "survivors-own";
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("job-survivor");

    private static Simulator simulator;
    private static Receiver receiver;
    private static JobCaller caller;

    private static JsonObject early;
    private static String owed;
    /** Job ids by the paths of their callbacks. */
    private static final Map<String, String> RUN = new TreeMap<>();

    private static final Map<String, String> WAITED = new TreeMap<>();

    @BeforeAll
    static void crash() throws Exception {
        simulator = Simulator.start(Thread::new);
        receiver = new Receiver();
        SERVER.with("CLAUDE_BASE_URL", simulator.baseUri().toString())
                .with("ANTHROPIC_API_KEY", KEY)
                .with("CLAUDE_JOB_MAX_CONCURRENT", Integer.toString(RUNNING))
                .with("CLAUDE_POOL_MAX_CONNECTIONS", Integer.toString(2 * RUNNING))
                .with("CLAUDE_JOB_HEARTBEAT", "PT2S")
                .with("CLAUDE_WEBHOOKS_SECRET", Receiver.SECRET)
                .with("CLAUDE_WEBHOOKS_ALLOWED_HOSTS", "localhost")
                .start();
        caller = JobCaller.of(SERVER);

        receiver.answer("/owed", Receiver.status(500));
        owed = caller.accepted(submissionFor(SOON, "/owed"));
        String delivered = caller.accepted(submissionFor(SOON, "/early"));
        early = caller.await(
                delivered,
                job -> job.getJsonObject("callback").getString("status").equals("delivered"));
        caller.delivery(owed, one -> one.getInt("attempts") == 1);
        submitAll(
                RUN,
                "/run/",
                IntStream.range(0, RUNNING)
                        .mapToObj(JobsSurviveIT::stallingAtFirst)
                        .toList());
        assertThat(simulator.await(counts -> counts.openMessages() == RUNNING, TIMEOUT))
                .isTrue();
        submitAll(
                WAITED,
                "/waited/",
                IntStream.range(0, QUEUED).mapToObj(i -> SOON).toList());
        assertThat(caller.ids("?status=queued")).hasSize(QUEUED);
        for (int i = 0; i < RUNNING; i += 10) {
            receiver.answer("/run/" + i, Receiver.status(500));
        }
        String hasty = caller.accepted(submissionFor(SOON, "/waited/hasty"));
        SERVER.kill();
        WAITED.put("/waited/hasty", hasty);
        SERVER.start();
    }

    private static String stallingAtFirst(int number) {
        return "sim:events=2 stall_at=1 times=1 key=survivor-" + number;
    }

    private static String submissionFor(String script, String path) {
        return submission(
                "{\"model\":\"claude-opus-5-5\",\"max_tokens\":64,\"system\":\"" + Api.PROMPT
                        + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + script + "\"}]}",
                callback(receiver.url(path)));
    }

    private static void submitAll(Map<String, String> ids, String prefix, List<String> scripts) throws Exception {
        var submissions = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (String script : scripts) {
            submissions.add(caller.submitAsync(submissionFor(script, prefix + submissions.size())));
        }
        for (int i = 0; i < submissions.size(); i++) {
            var response = submissions.get(i).get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            assertThat(response.statusCode()).as(response::body).isEqualTo(202);
            ids.put(prefix + i, Api.json(response.body()).getString("id"));
        }
    }

    @AfterAll
    static void end() throws Exception {
        SERVER.afterAll(null);
        receiver.close();
        simulator.close();
        assertThat(SERVER.warnings("was abandoned by the server that ran it")).isEmpty();
        assertThat(SERVER.log()).doesNotContain(KEY, Api.PROMPT, Receiver.SECRET);
    }

    @Test
    void runningJobsRunAgainAndCountTheRestart() throws Exception {
        for (String id : RUN.values()) {
            var job = caller.succeeded(id);
            assertThat(job.getInt("restarts")).as(job::toString).isPositive();
            assertThat(job.getInt("attempts")).as(job::toString).isEqualTo(job.getInt("restarts") + 1);
        }
        assertThat(RUN).hasSize(RUNNING);
    }

    @Test
    void waitingJobsRunOnce() throws Exception {
        for (String id : WAITED.values()) {
            var job = caller.succeeded(id);
            assertThat(job.getInt("attempts")).isEqualTo(1);
            assertThat(job.getInt("restarts")).isZero();
        }
        assertThat(WAITED).hasSize(QUEUED + 1);
    }

    @Test
    void endedJobsStayUnchangedAndAreNotReportedAgain() throws Exception {
        assertThat(caller.job(early.getString("id"))).isEqualTo(early);
        assertThat(caller.ids("?limit=1000")).hasSizeGreaterThanOrEqualTo(RUNNING + QUEUED + 3);
        assertThat(receiver.calls("/early")).hasSize(1);
    }

    @Test
    void everyEndIsReportedWithOneId() throws Exception {
        var all = new TreeMap<>(RUN);
        all.putAll(WAITED);
        all.put("/owed", owed);
        for (var one : all.entrySet()) {
            var job = caller.await(
                    one.getValue(),
                    it -> it.getJsonObject("callback").getString("status").equals("delivered"));
            var calls = receiver.calls(one.getKey());
            assertThat(calls).as(one.getKey()).isNotEmpty().allMatch(call -> call.isSignedWith(Receiver.SECRET));
            assertThat(calls)
                    .extracting(Receiver.Call::id)
                    .containsOnly(job.getJsonObject("callback").getString("delivery_id"));
            assertThat(calls).extracting(call -> call.data().getString("id")).containsOnly(one.getValue());
            assertThat(calls)
                    .extracting(call -> call.payload().getString("type"))
                    .containsOnly("job.succeeded");
        }
        assertThat(receiver.calls().stream().map(Receiver.Call::id).distinct())
                .hasSizeGreaterThanOrEqualTo(RUNNING + QUEUED + 3);
        assertThat(receiver.calls("/run/0")).hasSize(2);
    }

    @Test
    void aStoppedServerReturnsItsJobsToTheQueue() throws Exception {
        for (String id : RUN.values()) {
            caller.succeeded(id);
        }
        var stopped = new TreeMap<String, String>();
        submitAll(
                stopped,
                "/stopped/",
                IntStream.range(0, 20)
                        .mapToObj(i -> stallingAtFirst(RUNNING + i))
                        .toList());
        assertThat(simulator.await(counts -> counts.openMessages() == stopped.size(), TIMEOUT))
                .isTrue();

        long begin = System.nanoTime();
        SERVER.stop();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(30));
        SERVER.start();

        for (String id : stopped.values()) {
            var job = caller.succeeded(id);
            assertThat(job.getInt("attempts")).isEqualTo(2);
            assertThat(job.getInt("restarts")).isEqualTo(1);
        }
        assertThat(SERVER.failures().lines().filter(line -> line.startsWith("Exception = ")))
                .as("incidents")
                .noneMatch(line -> line.contains("org.h2") || line.contains("io.github") || line.contains("scheduler"));
    }
}
