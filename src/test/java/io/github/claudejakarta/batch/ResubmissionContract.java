package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.BatchResult;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageBatch.Counts;
import io.github.claudejakarta.lane.Slow;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How requests are resubmitted, and what the server reports meanwhile. */
interface ResubmissionContract {

    BatchWorld world();

    @Test
    default void temporaryFailuresAreResubmitted() {
        BatchServer server = world().server();
        String id = server.drive(server.submit(
                                "sim:outcome=expired times=1 key=a",
                                "sim:outcome=errored error_type=overloaded_error times=1 key=b",
                                "sim:outcome=errored error_type=invalid_request_error",
                                "fine",
                                "sim:outcome=canceled times=1 key=c")
                        .id())
                .id();
        assertThat(server.get(id).requestCounts()).isEqualTo(new Counts(0, 1, 2, 1, 1));

        Batch again = server.bean().resubmit(id);

        assertThat(again.status()).isEqualTo(BatchStatus.IN_PROGRESS);
        assertThat(again.endedAt()).isEmpty();
        assertThat(again.parts()).hasSize(2).last().satisfies(part -> {
            assertThat(part.round()).isEqualTo(1);
            assertThat(part.requests()).isEqualTo(2);
        });
        assertThat(again.requestCounts()).isEqualTo(new Counts(2, 1, 1, 1, 0));
        assertThat(server.drive(id).requestCounts()).isEqualTo(new Counts(0, 3, 1, 1, 0));
        assertThat(server.results(id))
                .isEqualTo(Map.of(
                        "r0", "succeeded", "r1", "succeeded", "r2", "errored", "r3", "succeeded", "r4", "canceled"));
        assertThat(world().requests("POST", "/batches").get(1).body().orElseThrow())
                .contains("\"r0\"", "\"r1\"")
                .doesNotContain("\"r2\"");
    }

    @Test
    default void canceledRequestsAreResubmittedOnRequest() {
        BatchServer server = world().server(new Tuning().maxPartRequests(1));
        String id = server.submit("sim:outcome=canceled times=1 key=a", "b").id();
        server.step(id, 1);
        world().advance(Duration.ofSeconds(5));
        server.step(id, 1);
        server.bean().cancel(id);
        server.drive(id);
        assertThat(server.get(id).requestCounts()).isEqualTo(new Counts(0, 0, 0, 2, 0));
        assertThat(catchThrowableOfType(
                                ClaudeException.class, () -> server.bean().resubmit(id))
                        .type())
                .isEqualTo(ErrorType.INVALID_REQUEST);

        server.bean().resubmit(id, true);

        assertThat(server.drive(id).requestCounts()).isEqualTo(new Counts(0, 2, 0, 0, 0));
        assertThat(server.results(id)).isEqualTo(Map.of("r0", "succeeded", "r1", "succeeded"));
    }

    @Test
    default void aRunningBatchCannotBeResubmitted() {
        BatchServer server = world().server();
        String id = server.submit("hi").id();

        assertThat(catchThrowableOfType(
                                ClaudeException.class, () -> server.bean().resubmit(id))
                        .type())
                .isEqualTo(ErrorType.CONFLICT);
    }

    @Test
    default void partsOfAResubmissionAreCutToo() {
        BatchServer server = world().server(new Tuning().maxPartRequests(2));
        String id = server.drive(server.submit(
                                "sim:outcome=expired times=1 key=a",
                                "sim:outcome=expired times=1 key=b",
                                "c",
                                "sim:outcome=expired times=1 key=d",
                                "sim:outcome=expired times=1 key=e")
                        .id())
                .id();

        Batch again = server.bean().resubmit(id);

        assertThat(again.parts().stream().filter(part -> part.round() == 1))
                .extracting(BatchPart::requests)
                .containsExactly(2L, 2L);
        assertThat(server.drive(id).requestCounts()).isEqualTo(new Counts(0, 5, 0, 0, 0));
        assertThat(server.results(id)).hasSize(5).containsValue("succeeded").doesNotContainValue("expired");
    }

    @Slow("many requests")
    @Test
    default void manyRequestsAreResubmitted() {
        BatchServer server = world().server(new Tuning().maxPartRequests(700));
        String[] prompts = new String[1_500];
        for (int i = 0; i < prompts.length; i++) {
            prompts[i] = "sim:outcome=expired times=1 key=k" + i;
        }
        String id = server.drive(server.submit(prompts).id()).id();
        assertThat(server.get(id).requestCounts().expired()).isEqualTo(1_500);

        Batch again = server.bean().resubmit(id);

        assertThat(again.parts().stream().filter(part -> part.round() == 1))
                .extracting(BatchPart::requests)
                .containsExactly(700L, 700L, 100L);
        assertThat(server.drive(id).requestCounts().succeeded()).isEqualTo(1_500);
        assertThat(server.results(id)).hasSize(1_500).doesNotContainValue("expired");
    }

    @Test
    default void theLatestResultCounts() {
        BatchServer server = world().server();
        String id = server.drive(server.submit(
                                "sim:outcome=expired times=1 key=a",
                                "sim:outcome=expired times=2 key=b",
                                "sim:outcome=expired")
                        .id())
                .id();
        server.bean().resubmit(id);
        server.drive(id);
        assertThat(server.results(id)).isEqualTo(Map.of("r0", "succeeded", "r1", "expired", "r2", "expired"));
        server.bean().resubmit(id);
        assertThat(server.results(id)).isEqualTo(Map.of("r0", "succeeded", "r1", "expired", "r2", "expired"));

        assertThat(server.drive(id).requestCounts()).isEqualTo(new Counts(0, 2, 0, 0, 1));

        assertThat(server.results(id)).isEqualTo(Map.of("r0", "succeeded", "r1", "succeeded", "r2", "expired"));
        assertThat(server.get(id).parts()).extracting(BatchPart::round).containsExactly(0, 1, 2);
        assertThat(server.get(id).usage().models().get(0).requests()).isEqualTo(2);
    }

    @Test
    default void aRejectedResubmissionChangesNothing() {
        BatchServer server = world().server();
        String id = server.drive(server.submit(
                                "sim:outcome=expired batch_status=400 times=1 key=a",
                                "sim:outcome=errored error_type=api_error")
                        .id())
                .id();
        assertThat(server.get(id).status()).isEqualTo(BatchStatus.FAILED);
        server.bean().resubmit(id);
        Batch before = server.drive(id);
        assertThat(before.requestCounts()).isEqualTo(new Counts(0, 0, 1, 0, 1));
        world().sql("update claude_batch_request set body = ? where custom_id = 'r0'", refused());

        Batch again = server.bean().resubmit(id);
        assertThat(again.requestCounts()).isEqualTo(new Counts(2, 0, 0, 0, 0));
        Batch after = server.drive(id);

        assertThat(after.status()).isEqualTo(BatchStatus.ENDED);
        assertThat(after.parts())
                .last()
                .satisfies(part -> assertThat(part.state()).isEqualTo(PartState.FAILED));
        assertThat(after.requestCounts()).isEqualTo(before.requestCounts());
        assertThat(server.results(id)).isEqualTo(Map.of("r0", "expired", "r1", "errored"));
        world().sql("update claude_batch_request set body = ? where custom_id = 'r0'", fine());
        server.bean().resubmit(id);
        assertThat(server.drive(id).requestCounts()).isEqualTo(new Counts(0, 1, 1, 0, 0));
    }

    private static byte[] refused() {
        return request("sim:batch_status=400");
    }

    private static byte[] fine() {
        return request("hi");
    }

    private static byte[] request(String prompt) {
        return BatchServer.requests(prompt)
                .findFirst()
                .orElseThrow()
                .json()
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    default void aResubmissionThatIsCanceledBeforeItIsSentChangesNothing() {
        BatchServer server = world().server();
        String id = server.drive(server.submit("sim:outcome=expired", "b").id()).id();
        server.bean().resubmit(id);

        server.bean().cancel(id);
        Batch batch = server.drive(id);

        assertThat(batch.status()).isEqualTo(BatchStatus.ENDED);
        assertThat(batch.requestCounts()).isEqualTo(new Counts(0, 1, 0, 0, 1));
        assertThat(server.results(id)).isEqualTo(Map.of("r0", "expired", "r1", "succeeded"));
        assertThat(world().creations()).isEqualTo(1);
        assertThat(server.bean().resubmit(id).requestCounts()).isEqualTo(new Counts(1, 1, 0, 0, 0));
    }

    @Test
    default void aResubmissionWithForeignResultsCanStillBeRejected() {
        BatchServer server = world().server();
        String id = server.drive(server.submit("sim:outcome=expired", "sim:outcome=errored")
                        .id())
                .id();
        server.bean().resubmit(id);
        world().sql(
                        "update claude_batch_request set body = ? where custom_id = 'r0'",
                        request("sim:batch_lost=before times=1 key=k"));
        server.step(id, 2);
        world().strangersBatch("x", "y");
        server.drive(id);
        assertThat(server.state(id, 2)).isEqualTo(PartState.UNRESOLVED);
        world().sql("update claude_batch_request set body = ? where custom_id = 'r0'", refused());

        server.bean().resolve(id, 2, null);

        assertThat(server.drive(id).requestCounts()).isEqualTo(new Counts(0, 0, 1, 0, 1));
        assertThat(server.bean().resubmit(id).requestCounts().processing()).isEqualTo(2);
    }

    @Test
    default void expiredRequestsAreResubmittedAutomaticallyUpToTheLimit() {
        BatchServer server = world().server(new Tuning().resubmitExpired(2).maxPartRequests(2));
        String id = server.submit(
                        "sim:outcome=expired", "sim:outcome=expired times=1 key=a", "c", "sim:outcome=errored")
                .id();

        Batch batch = server.drive(id);

        assertThat(batch.parts()).extracting(BatchPart::round).containsExactly(0, 0, 1, 2);
        assertThat(batch.requestCounts()).isEqualTo(new Counts(0, 2, 1, 0, 1));
        assertThat(server.changes().stream().filter(change -> change.status().hasEnded()))
                .hasSize(1);
        assertThat(server.results(id))
                .isEqualTo(Map.of("r0", "expired", "r1", "succeeded", "r2", "succeeded", "r3", "errored"));
    }

    @Test
    default void aCanceledBatchIsNotResubmittedAutomatically() {
        BatchServer server = world().server(new Tuning().resubmitExpired(2).maxPartRequests(1));
        String id =
                server.submit("sim:outcome=expired", "sim:batch_us=3600000000").id();
        server.step(id, 1);
        server.step(id, 2);
        world().advance(Duration.ofSeconds(5));
        server.step(id, 1);
        server.bean().cancel(id);

        assertThat(server.drive(id).parts()).hasSize(2);
    }

    @Test
    default void aResubmissionDoesNotChangeResultsThatAreBeingRead() {
        BatchServer server = world().server(new Tuning().maxPartRequests(2));
        String id = server.drive(server.submit(
                                "sim:batch_status=400 times=1 key=k", "b", "sim:outcome=expired times=1 key=a", "d")
                        .id())
                .id();
        server.bean().resubmit(id);

        Map<String, String> types;
        try (Stream<BatchResult> results = server.bean().results(id)) {
            server.drive(id);
            types = types(results.toList());
        }

        assertThat(types).isEqualTo(Map.of("r0", "errored", "r1", "errored", "r2", "expired", "r3", "succeeded"));
    }

    private static Map<String, String> types(List<BatchResult> results) {
        return results.stream().collect(Collectors.toMap(BatchResult::customId, BatchResult::type));
    }

    @Slow("many requests")
    @Test
    default void everyRequestHasOneResultDuringAResubmission() {
        BatchServer server = world().server(new Tuning().maxPartRequests(2));
        String id = server.drive(
                        server.submit("sim:outcome=expired times=1 key=a", "b", "sim:outcome=errored times=1 key=c")
                                .id())
                .id();
        Function<String, Map<String, String>> results = server::results;
        server.bean().resubmit(id);

        assertThat(results.apply(id)).isEqualTo(Map.of("r0", "expired", "r1", "succeeded", "r2", "errored"));
        server.step(id, 3);
        assertThat(results.apply(id)).isEqualTo(Map.of("r0", "expired", "r1", "succeeded", "r2", "errored"));
        server.drive(id);
        assertThat(results.apply(id)).isEqualTo(Map.of("r0", "succeeded", "r1", "succeeded", "r2", "succeeded"));
    }
}
