package io.github.claudejakarta.it.jobs;

import static io.github.claudejakarta.it.support.JobCaller.callback;
import static io.github.claudejakarta.it.support.JobCaller.submissionFor;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.ClientKey;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.ManagedBatches;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Jobs of several clients, none of which sees those of another, on a server without a secret for callbacks. */
@ExtendWith(ArquillianExtension.class)
class JobClientsIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withWarnings("SIMULATOR");

    private static final JobCaller CALLER = JobCaller.ofServer();
    private static final String QUICK = submissionFor("sim:events=1");
    private static final String LONG = submissionFor("sim:stall_at=1");
    private static final String[] ALICE = {"x-api-key", ServerLog.KEY_MARK + "client-alice"};
    private static final String[] BOB = {"Authorization", "Bearer " + ServerLog.KEY_MARK + "client-bob"};
    private static final String[] ROOT = {"x-api-key", ServerLog.KEY_MARK + "client-root"};

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.upstream=simulator",
                "claude.base-url=",
                "claude.api-key=",
                FaultTolerance.NO_BREAKER,
                FaultTolerance.NO_RETRIES,
                "claude.clients.alice.key-sha256=" + ClientKey.sha256(ALICE[1]),
                "claude.clients.bob.key-sha256=" + ClientKey.sha256(BOB[1].substring("Bearer ".length())),
                "claude.clients.root.key-sha256=" + ClientKey.sha256(ROOT[1]),
                "claude.clients.root.role=admin");
    }

    @AfterAll
    static void cancelAll() throws Exception {
        CALLER.cancelAll(ROOT);
    }

    @ParameterizedTest
    @CsvSource({
        "POST,",
        "GET,",
        "GET,/x",
        "DELETE,/x",
        "POST,/x/retry",
        "GET,/x/deliveries",
        "POST,/x/deliveries/y/retry"
    })
    void aKeyIsRequired(String method, String below) throws Exception {
        var request = CALLER.request(below == null ? "" : below)
                .header("content-type", "application/json")
                .method(method, BodyPublishers.ofString(QUICK));

        Api.assertError(JobCaller.send(request), 401, "authentication_error");
    }

    @Test
    void eachClientSeesOnlyItsOwnJobs() throws Exception {
        String alices = CALLER.accepted(QUICK, ALICE);
        String bobs = CALLER.accepted(LONG, BOB);
        assertSucceeds(alices, ALICE);

        assertHidden(alices, BOB);
        assertHidden(bobs, ALICE);
        assertThat(CALLER.ids("", ALICE)).contains(alices).doesNotContain(bobs);
        assertThat(CALLER.ids("?limit=1000&status=running", ALICE)).isEmpty();
        assertThat(CALLER.ids("", BOB)).contains(bobs).doesNotContain(alices);
        Api.assertError(CALLER.get("?after_id=" + bobs, ALICE), 400, "invalid_request_error");
        assertThat(CALLER.read("/" + bobs, BOB).isNull("ended_at")).isTrue();
    }

    private static void assertSucceeds(String id, String... caller) throws Exception {
        var response = CALLER.get("/" + id, with(caller, "prefer", "wait=60"));
        assertThat(Api.json(response.body()).getString("status"))
                .as(response.body())
                .isEqualTo("succeeded");
    }

    private static void assertHidden(String id, String[] stranger) throws Exception {
        for (var response : List.of(
                CALLER.get("/" + id, stranger),
                CALLER.get("/" + id, with(stranger, "accept", "text/plain", "prefer", "wait=60")),
                CALLER.cancel(id, stranger),
                CALLER.retry(id, stranger),
                CALLER.get("/" + id + "/deliveries", stranger),
                CALLER.post("/" + id + "/deliveries/msg_none/retry", stranger))) {
            assertThat(Api.assertError(response, 404, "not_found_error").getString("message"))
                    .isEqualTo("There is no job " + id
                            + ". Check the id and the caller. Jobs are deleted claude.job.retention after their end");
        }
    }

    @Test
    void theStreamOfAJobBelongsToItsCaller() throws Exception {
        String id = CALLER.accepted(LONG, ALICE);
        Api.await("the job to run", () -> !CALLER.read("/" + id, ALICE).isNull("stream_id"));
        String stream = CALLER.read("/" + id, ALICE).getString("stream_id");

        assertThat(Api.stream(stream, ALICE).getString("status")).isEqualTo("running");
        for (String accept : List.of("application/json", "text/event-stream", "text/plain")) {
            Api.assertError(Api.get("/v1/streams/" + stream, with(BOB, "accept", accept)), 404, "not_found_error");
        }
        Api.assertError(Api.delete("/v1/streams/" + stream, BOB), 404, "not_found_error");
        assertThat(CALLER.read("/" + id, ALICE).getString("status")).isEqualTo("running");
    }

    @Test
    void anAdminSeesAndCancelsAllJobs() throws Exception {
        String alices = CALLER.accepted(QUICK, ALICE);
        String bobs = CALLER.accepted(LONG, BOB);
        assertSucceeds(alices, ALICE);

        assertThat(CALLER.ids("", ROOT)).contains(alices, bobs);
        assertThat(CALLER.read("/" + alices, ROOT)).isEqualTo(CALLER.read("/" + alices, ALICE));
        assertThat(CALLER.get("/" + alices + "/deliveries", ROOT).statusCode()).isEqualTo(200);
        assertThat(CALLER.cancel(bobs, ROOT).statusCode()).isEqualTo(200);
        assertThat(CALLER.read("/" + bobs, BOB).getString("status")).isEqualTo("canceled");
    }

    @Test
    void idempotencyKeysBelongToTheirCaller() throws Exception {
        String alices = CALLER.accepted(QUICK, with(ALICE, "idempotency-key", "it-clients"));
        String bobs = CALLER.accepted(QUICK, with(BOB, "idempotency-key", "it-clients"));

        assertThat(bobs).isNotEqualTo(alices);
        assertThat(CALLER.accepted(QUICK, with(ALICE, "idempotency-key", "it-clients")))
                .isEqualTo(alices);
    }

    @Test
    void withoutASecretCallbacksAreRejected() throws Exception {
        var jobs = CALLER.ids("?limit=1000", ROOT);

        var error = Api.assertError(
                CALLER.submit(submissionFor("sim:events=1", callback("https://8.8.8.8/")), ALICE),
                400,
                "invalid_request_error");

        assertThat(error.getString("message")).contains("claude.webhooks.secret");
        var batch = ManagedBatches.submitTo(
                "/v1/batches?callback_url=https://8.8.8.8/", "application/x-ndjson", ManagedBatches.item("a", "Hi"));
        assertThat(batch.statusCode()).isEqualTo(401);
        assertThat(CALLER.ids("?limit=1000", ROOT)).isEqualTo(jobs);
    }

    private static String[] with(String[] caller, String... headers) {
        return Stream.of(caller, headers).flatMap(Stream::of).toArray(String[]::new);
    }
}
