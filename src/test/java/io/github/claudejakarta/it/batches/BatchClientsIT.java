package io.github.claudejakarta.it.batches;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.ClientKey;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.ManagedBatches;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import jakarta.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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

/**
 * Managed batches of several clients, none of which sees those of another; and batches that are resubmitted
 * automatically.
 */
@ExtendWith(ArquillianExtension.class)
class BatchClientsIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withWarnings("SIMULATOR");

    private static final String PATH = "/v1/batches";
    private static final String SOON = "sim:batch_us=1000 events=1";
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
                "claude.batch.poll-interval=PT0.05S",
                "claude.batch.max-poll-interval=PT0.1S",
                "claude.batch.resubmit-expired=1",
                "claude.clients.alice.key-sha256=" + ClientKey.sha256(ALICE[1]),
                "claude.clients.bob.key-sha256=" + ClientKey.sha256(BOB[1].substring("Bearer ".length())),
                "claude.clients.root.key-sha256=" + ClientKey.sha256(ROOT[1]),
                "claude.clients.root.role=admin");
    }

    @AfterAll
    static void deleteAll() throws Exception {
        ManagedBatches.deleteAll(ROOT);
    }

    @ParameterizedTest
    @CsvSource({
        "POST,",
        "GET,",
        "GET,/x",
        "DELETE,/x",
        "GET,/x/results",
        "GET,/x/events",
        "POST,/x/cancel",
        "POST,/x/resubmit"
    })
    void aKeyIsRequired(String method, String below) throws Exception {
        var request = Api.request(PATH + (below == null ? "" : below))
                .header("content-type", "application/json")
                .method(method, BodyPublishers.ofString("{}"));

        Api.assertError(Api.send(request), 401, "authentication_error");
    }

    @Test
    void eachClientSeesOnlyItsOwnBatches() throws Exception {
        var alices = submitted(ALICE, SOON);
        var bobs = submitted(BOB, SOON);
        ManagedBatches.ended(alices, ALICE);
        ManagedBatches.ended(bobs, BOB);

        assertHidden(alices, BOB);
        assertHidden(bobs, ALICE);
        assertThat(ManagedBatches.ids("", ALICE)).contains(alices).doesNotContain(bobs);
        assertThat(ManagedBatches.ids("", BOB)).contains(bobs).doesNotContain(alices);
        Api.assertError(Api.get(PATH + "?after_id=" + bobs, ALICE), 400, "invalid_request_error");
        assertThat(ManagedBatches.ids("", ROOT)).contains(alices, bobs);
        assertThat(ManagedBatches.get(alices, ROOT).getString("id")).isEqualTo(alices);
        assertThat(ManagedBatches.results(bobs, ROOT)).hasSize(1);
        assertThat(Api.delete(PATH + "/" + bobs, ROOT).statusCode()).isEqualTo(200);
        Api.assertError(Api.get(PATH + "/" + bobs, BOB), 404, "not_found_error");
    }

    private static void assertHidden(String id, String[] stranger) throws Exception {
        for (var request : List.of(
                Api.request(PATH + "/" + id, stranger),
                Api.request(PATH + "/" + id, stranger).DELETE(),
                Api.request(PATH + "/" + id + "/results", stranger),
                Api.request(PATH + "/" + id + "/events", stranger),
                Api.request(PATH + "/" + id + "/cancel", stranger).POST(BodyPublishers.noBody()),
                Api.request(PATH + "/" + id + "/resubmit", stranger).POST(BodyPublishers.noBody()),
                Api.posting(PATH + "/" + id + "/parts/1/resolve", "{\"message_batch_id\":null}", stranger))) {
            assertThat(Api.assertError(Api.send(request), 404, "not_found_error")
                            .getString("message"))
                    .isEqualTo(
                            "There is no batch " + id
                                    + ". Check the id and the caller. Batches are deleted claude.batch.retention after their end");
        }
    }

    @Test
    void idempotencyKeysBelongToTheirCaller() throws Exception {
        var alices = submitted(with(ALICE, "Idempotency-Key", "it-clients"), SOON);
        var bobs = submitted(with(BOB, "Idempotency-Key", "it-clients"), SOON);

        assertThat(bobs).isNotEqualTo(alices);
        assertThat(submitted(with(ALICE, "Idempotency-Key", "it-clients"), SOON))
                .isEqualTo(alices);
    }

    @Test
    void expiredRequestsAreResubmittedOnceAutomatically() throws Exception {
        var id = submitted(
                ALICE,
                SOON,
                "sim:batch_us=1000 outcome=expired times=1 key=it-auto-1",
                "sim:outcome=expired",
                "sim:outcome=canceled",
                "sim:outcome=errored error_type=overloaded_error times=1 key=it-auto-2");

        var ended = ManagedBatches.ended(id, ALICE);

        assertThat(ManagedBatches.counts(ended)).containsExactly(0, 2, 1, 1, 1);
        assertThat(ended.getJsonArray("parts").getValuesAs(JsonObject.class))
                .extracting(part -> part.getInt("round"))
                .containsExactly(0, 1);
        assertThat(ended.getJsonArray("parts").getJsonObject(1).getInt("requests"))
                .isEqualTo(2);
        var results = ManagedBatches.results(id, ALICE);
        assertThat(results).hasSize(5);
        assertThat(results.get("c1").getString("type")).isEqualTo("succeeded");
        assertThat(results.get("c2").getString("type")).isEqualTo("expired");
    }

    @Test
    void canceledRequestsAreNotResubmitted() throws Exception {
        var id = submitted(ALICE, "sim:batch_us=600000000", "sim:outcome=expired");
        Api.await(
                "the part to run",
                () -> ManagedBatches.get(id, ALICE).getString("status").equals("in_progress"));

        ManagedBatches.post(id, "/cancel", ALICE);

        assertThat(ManagedBatches.ended(id, ALICE).getJsonArray("parts")).hasSize(1);
    }

    private static String[] with(String[] caller, String... headers) {
        return Stream.of(caller, headers).flatMap(Stream::of).toArray(String[]::new);
    }

    private static String submitted(String[] headers, String... prompts) throws Exception {
        var body = IntStream.range(0, prompts.length)
                .mapToObj(i -> ManagedBatches.item("c" + i, prompts[i]))
                .collect(Collectors.joining("\n"));
        var response = ManagedBatches.submit("application/x-ndjson", body, headers);
        assertThat(response.statusCode()).as(response::body).isEqualTo(202);
        return Api.json(response.body()).getString("id");
    }
}
