package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageBatch.Counts;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.runtime.MemoryReservation;
import io.github.claudejakarta.webhook.Callback;
import io.github.claudejakarta.webhook.Delivery;
import io.github.claudejakarta.webhook.DeliveryStatus;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Callbacks of batches: which receivers get the end, and when. */
interface CallbackContract {

    String CALLBACK = "http://localhost:9/hook";

    BatchWorld world();

    private static Batch submit(BatchServer server, String... prompts) {
        return server.bean().submit(BatchServer.requests(prompts), URI.create(CALLBACK));
    }

    private static Batch submitJson(BatchServer server, String body) {
        return submitJson(server, BatchServer.submitter("local", null), body);
    }

    private static Batch submitJson(BatchServer server, Submitter submitter, String body) {
        String requests =
                "[" + BatchServer.requests("hi").findFirst().orElseThrow().json() + "]";
        return server.bean()
                .submitFor(
                        submitter,
                        () -> new JsonArrayReader(
                                new ByteArrayInputStream(
                                        body.replace("[]", requests).getBytes(StandardCharsets.UTF_8)),
                                MemoryReservation.UNLIMITED));
    }

    private void requireWaiting(BatchServer server, Batch batch) {
        assertThat(batch.callback()).contains(new Callback(URI.create(CALLBACK), Optional.empty()));
        assertThat(server.get(batch.id())).isEqualTo(batch);
        assertThat(batch.json(BatchServer.URL).getJsonObject("callback"))
                .hasToString(
                        "{\"url\":\"" + CALLBACK + "\",\"status\":\"waiting\",\"delivery_id\":null,\"attempts\":0}");
        assertThat(world().callbacks(batch.id())).isEmpty();
        assertThat(server.drive(batch.id()).callback().orElseThrow().latest()).isPresent();
        assertThat(world().callbacks(batch.id())).hasSize(1);
    }

    @Test
    default void anApplicationMayNameACallbackUrl() {
        BatchServer server = world().server();

        requireWaiting(server, submit(server, "a", "b"));
    }

    @Test
    default void theQueryMayNameTheCallbackUrl() {
        BatchServer server = world().server();

        requireWaiting(server, submitJson(server, BatchServer.submitter("alice", "k", CALLBACK), "{\"requests\":[]}"));
    }

    @Test
    default void theBodyMayNameTheCallbackUrlBeforeItsRequests() {
        BatchServer server = world().server();

        requireWaiting(server, submitJson(server, "{\"callback_url\":\"" + CALLBACK + "\",\"requests\":[]}"));
    }

    @Test
    default void theBodyMayNameTheCallbackUrlAfterItsRequests() {
        BatchServer server = world().server();

        requireWaiting(server, submitJson(server, "{\"requests\":[],\"callback_url\":\"" + CALLBACK + "\"}"));
    }

    @Test
    default void aServerUrlThatCannotBeStoredIsRejected() {
        var longest = URI.create("http://" + "a".repeat(1_993));
        assertThat(new Submitter("alice", StoredHeaders.NONE, Optional.empty(), Optional.empty(), longest).server())
                .isEqualTo(longest);

        assertThatThrownBy(() -> new Submitter(
                        "alice", StoredHeaders.NONE, Optional.empty(), Optional.empty(), URI.create(longest + "a")))
                .isInstanceOf(ClaudeException.class)
                .hasMessageContaining("Host");
    }

    @Test
    default void aCallbackUrlInTheQueryAndInTheBodyIsRejected() {
        BatchServer server = world().server();
        Submitter submitter = BatchServer.submitter("alice", null, CALLBACK);

        assertThatThrownBy(
                        () -> submitJson(server, submitter, "{\"requests\":[],\"callback_url\":\"" + CALLBACK + "\"}"))
                .hasMessageContaining("callback_url: the query and the body both have it. Remove one of them");
        assertThat(world().rows("claude_batch")).isZero();
    }

    @Test
    default void withoutACallbackUrlThereIsNoCallback() {
        BatchServer server = world().server();
        Batch batch = server.drive(server.submit("hi").id());

        assertThat(batch.callback()).isEmpty();
        assertThat(batch.json(BatchServer.URL).get("callback")).isEqualTo(JsonValue.NULL);
        assertThat(world().rows("claude_delivery")).isZero();
        assertThat(world().rows("claude_delivery_task")).isZero();
    }

    @Test
    default void anInvalidUrlIsRejectedBeforeTheBodyIsRead() {
        BatchServer server = world().server();
        var isOpened = new boolean[1];

        requireRejected(() -> server.bean().submitFor(BatchServer.submitter("alice", "k", "https://127.0.0.1/"), () -> {
            isOpened[0] = true;
            return Optional::empty;
        }));
        assertThat(isOpened[0]).isFalse();
        assertThat(server.bean()
                        .submitFor(
                                BatchServer.submitter("alice", "k"),
                                () -> RequestReader.of(
                                        BatchServer.requests("hi").iterator(), MessageDefaults.NONE))
                        .requests())
                .as("the Idempotency-Key is not used")
                .isEqualTo(1);
    }

    @Test
    default void anInvalidUrlOfAnApplicationStoresNothingAndClosesTheStream() {
        BatchServer server = world().server();
        for (String url : List.of(
                "http://example.com/", "ftp://localhost/", "https://user@localhost/", "/hook", "https://10.0.0.1/")) {
            var isClosed = new boolean[1];

            requireRejected(() -> server.bean()
                    .submit(BatchServer.requests("hi").onClose(() -> isClosed[0] = true), URI.create(url)));
            assertThat(isClosed[0]).as(url).isTrue();
        }
    }

    @Test
    default void anInvalidUrlInTheBodyStoresNothing() {
        BatchServer server = world().server();
        for (String url : List.of(
                "\"https://127.0.0.1/\"",
                "\"http://example.com/\"",
                "\"\"",
                "\"nonsense\"",
                "1",
                "true",
                "[\"https://x\"]",
                "{}")) {
            requireRejected(() -> submitJson(server, "{\"callback_url\":" + url + ",\"requests\":[]}"));
            requireRejected(() -> submitJson(server, "{\"requests\":[],\"callback_url\":" + url + "}"));
        }
    }

    private void requireRejected(Runnable submission) {
        var refusal = catchThrowableOfType(ClaudeException.class, submission::run);

        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(refusal.errorMessage()).startsWith("callback_url: ");
        assertThat(Stream.of(
                                "claude_batch",
                                "claude_batch_part",
                                "claude_batch_request",
                                "claude_task",
                                "claude_delivery")
                        .map(world()::rows))
                .containsOnly(0L);
    }

    @Test
    default void aRepeatedSubmissionKeepsTheCallbackOfTheFirst() {
        BatchServer server = world().server();
        Batch batch = submitJson(server, BatchServer.submitter("alice", "k", CALLBACK), "{\"requests\":[]}");

        assertThat(submitJson(
                        server, BatchServer.submitter("alice", "k", "http://localhost:9/other"), "{\"requests\":[]}"))
                .isEqualTo(batch);
        assertThat(submitJson(server, BatchServer.submitter("alice", "k"), "{\"requests\":[]}"))
                .isEqualTo(batch);
        assertThat(world().rows("claude_batch")).isEqualTo(1);
    }

    @Test
    default void theUrlIsStoredInItsEncodedForm() {
        BatchServer server = world().server();

        assertThat(server.bean()
                        .submit(BatchServer.requests("hi"), URI.create(CALLBACK + "?\u00e4"))
                        .callback()
                        .orElseThrow()
                        .url())
                .hasToString(CALLBACK + "?%C3%A4");
    }

    @Test
    default void theCallbackContainsTheBatchAtItsEnd() {
        BatchServer server = world().server(new Tuning().maxPartRequests(2));
        String id = submitJson(server, BatchServer.submitter("alice", null, CALLBACK), "{\"requests\":[]}")
                .id();

        Batch ended = server.drive(id);

        assertThat(world().callbacks(id)).hasSize(1);
        JsonObject callback = world().callbacks(id).get(0);
        assertThat(callback.keySet()).containsExactly("type", "timestamp", "data");
        assertThat(callback.getString("type")).isEqualTo("batch.ended");
        assertThat(callback.getString("timestamp"))
                .isEqualTo(ended.endedAt().orElseThrow().toString());
        assertThat(callback.getJsonObject("data"))
                .isEqualTo(Json.createObjectBuilder(ended.json(BatchServer.URL))
                        .remove("callback")
                        .build());
        assertThat(callback.getJsonObject("data").getString("results_url"))
                .isEqualTo("http://localhost:9080/v1/batches/" + id + "/results");
        assertThat(callback.getJsonObject("data").getString("status")).isEqualTo("ended");
        Delivery delivery = ended.callback().orElseThrow().latest().orElseThrow();
        assertThat(delivery.status()).isEqualTo(DeliveryStatus.PENDING);
        assertThat(delivery.event()).isEqualTo("batch.ended");
        assertThat(delivery.url()).hasToString(CALLBACK);
        assertThat(world().rows("claude_delivery_task where task_instance = '" + delivery.id() + "/0'"))
                .isEqualTo(1);
    }

    @Test
    default void withoutARequestTheResultsUrlIsAPath() {
        BatchServer server = world().server();
        String id = server.drive(submit(server, "hi").id()).id();

        assertThat(world().callbacks(id).get(0).getJsonObject("data").getString("results_url"))
                .isEqualTo("/v1/batches/" + id + "/results");
    }

    @Test
    default void theCallbackIsSentOnceWhenTheLastPartEnds() {
        BatchServer server = world().server(new Tuning().maxPartRequests(1));
        String id = submit(server, "a", "b", "sim:batch_us=60000000").id();
        for (int part = 1; part <= 3; part++) {
            server.step(id, part);
        }
        world().advance(Duration.ofSeconds(5));
        server.step(id, 1);
        server.step(id, 2);
        assertThat(server.get(id).requestCounts()).isEqualTo(new Counts(1, 2, 0, 0, 0));
        assertThat(world().callbacks(id)).isEmpty();

        server.drive(id);
        server.step(id, 1);
        server.step(id, 3);

        assertThat(world().callbacks(id)).hasSize(1);
    }

    @Slow("several servers")
    @Test
    default void ofServersThatEndPartsConcurrentlyOneSendsTheCallback() throws Exception {
        Tuning tuning = new Tuning().maxPartRequests(1);
        BatchServer one = world().server(tuning);
        BatchServer other = world().server(tuning);
        for (int i = 0; i < 5; i++) {
            String id = submit(one, "a", "b").id();
            one.step(id, 1);
            one.step(id, 2);
            world().advance(Duration.ofSeconds(5));
            var barrier = new CyclicBarrier(2);
            var threads = Executors.newFixedThreadPool(2);
            Future<?> first = threads.submit(() -> barrier.await() >= 0 ? one.step(id, 1) : null);
            Future<?> second = threads.submit(() -> barrier.await() >= 0 ? other.step(id, 2) : null);
            first.get(20, TimeUnit.SECONDS);
            second.get(20, TimeUnit.SECONDS);
            threads.shutdown();

            assertThat(one.get(id).status()).isEqualTo(BatchStatus.ENDED);
            assertThat(world().callbacks(id)).hasSize(1);
        }
    }

    @Test
    default void aBatchThatClaudeRejectsIsReportedAsFailed() {
        BatchServer server = world().server();
        String id = submit(server, "sim:batch_status=400").id();

        assertThat(server.drive(id).status()).isEqualTo(BatchStatus.FAILED);

        assertThat(world().callbacks(id)).hasSize(1);
        assertThat(world().callbacks(id).get(0).getString("type")).isEqualTo("batch.failed");
        assertThat(world().callbacks(id).get(0).getJsonObject("data").getString("status"))
                .isEqualTo("failed");
    }

    @Test
    default void aCanceledBatchIsReportedWhenItHasEnded() {
        BatchServer server = world().server();
        String id = submit(server, "sim:batch_us=3600000000").id();
        server.step(id, 1);
        server.bean().cancel(id);
        server.bean().cancel(id);
        assertThat(world().callbacks(id)).isEmpty();

        server.drive(id);
        server.bean().cancel(id);

        assertThat(world().callbacks(id)).hasSize(1);
        assertThat(world().callbacks(id)
                        .get(0)
                        .getJsonObject("data")
                        .getJsonObject("request_counts")
                        .getInt("canceled"))
                .isEqualTo(1);
    }

    @Test
    default void theEndAndItsCallbackAreOneTransaction() {
        BatchServer server = world().server();
        String id = submit(server, "hi").id();
        server.step(id, 1);
        world().advance(Duration.ofSeconds(5));
        world().sql("alter table claude_delivery add constraint claude_delivery_test check (ordinal < 0)");
        try {
            assertThat(catchThrowableOfType(ClaudeException.class, () -> server.step(id, 1))
                            .status())
                    .isEqualTo(500);

            assertThat(server.get(id).status()).isEqualTo(BatchStatus.IN_PROGRESS);
            assertThat(server.state(id, 1)).isEqualTo(PartState.RUNNING);
        } finally {
            world().sql("alter table claude_delivery drop constraint claude_delivery_test");
        }
        assertThat(server.drive(id).status()).isEqualTo(BatchStatus.ENDED);
        assertThat(world().callbacks(id)).hasSize(1);
    }

    @Test
    default void eachEndOfAResubmittedBatchIsReported() {
        BatchServer server = world().server();
        String id = server.drive(
                        submit(server, "sim:outcome=expired times=1 key=a", "b").id())
                .id();
        String first =
                server.get(id).callback().orElseThrow().latest().orElseThrow().id();

        Batch resubmitted = server.bean().resubmit(id);
        assertThat(resubmitted.callback().orElseThrow().latest().orElseThrow().id())
                .isEqualTo(first);
        assertThat(world().callbacks(id)).hasSize(1);
        Batch ended = server.drive(id);

        assertThat(ended.callback().orElseThrow().latest().orElseThrow().id()).isNotEqualTo(first);
        assertThat(world().callbacks(id)).hasSize(2);
        assertThat(world().callbacks(id)
                        .get(0)
                        .getJsonObject("data")
                        .getJsonObject("request_counts")
                        .getInt("expired"))
                .isEqualTo(1);
        assertThat(world().callbacks(id)
                        .get(1)
                        .getJsonObject("data")
                        .getJsonObject("request_counts")
                        .getInt("succeeded"))
                .isEqualTo(2);
    }

    @Test
    default void aBatchThatIsResubmittedAutomaticallyHasNotEnded() {
        BatchServer server = world().server(new Tuning().resubmitExpired(2).maxPartRequests(2));
        String id = submit(server, "sim:outcome=expired", "sim:outcome=expired times=1 key=a", "c")
                .id();

        Batch ended = server.drive(id);

        assertThat(ended.parts()).extracting(BatchPart::round).containsExactly(0, 0, 1, 2);
        assertThat(world().callbacks(id)).hasSize(1);
        assertThat(world().callbacks(id).get(0).getJsonObject("data").getString("ended_at"))
                .isEqualTo(ended.endedAt().orElseThrow().toString());
    }

    @Test
    default void aChangeOfAnEndedBatchIsNotAnotherEnd() {
        BatchServer server = world().server();
        String id = server.drive(submit(server, "hi").id()).id();
        long ordinal = server.store().ordinal(id).orElseThrow();

        Batch changed = world().database()
                .transaction(connection -> server.rows()
                        .refresh(connection, ordinal, server.store().now()));

        assertThat(changed.status()).isEqualTo(BatchStatus.ENDED);
        assertThat(world().callbacks(id)).hasSize(1);
    }

    @Test
    default void deliveriesAreDeletedWithTheBatch() {
        BatchServer server = world().server();
        String id = server.drive(submit(server, "hi").id()).id();
        String other = server.drive(submit(server, "hi").id()).id();

        server.bean().delete(id);

        assertThat(world().callbacks(id)).isEmpty();
        assertThat(world().callbacks(other)).hasSize(1);
        world().advance(Duration.ofDays(31));
        server.runHousekeeping();
        assertThat(world().rows("claude_delivery"))
                .as("a callback is still pending")
                .isEqualTo(1);
        world().sql("update claude_delivery set status = 'dead'");
        server.runHousekeeping();
        assertThat(world().rows("claude_delivery")).isZero();
    }

    @Test
    default void deliveriesStayWithABatchThatIsNotDeleted() {
        BatchServer server = world().server();
        String id = server.drive(
                        submit(server, "sim:outcome=expired times=1 key=a").id())
                .id();
        long ordinal = server.store().ordinal(id).orElseThrow();
        server.bean().resubmit(id);

        assertThat(server.store().removeOver(ordinal)).isFalse();

        assertThat(world().callbacks(id)).hasSize(1);
    }
}
