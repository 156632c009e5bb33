package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.webhook.Delivery;
import io.github.claudejakarta.webhook.DeliveryStatus;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of callbacks. The end of a job and its callback are stored together. */
interface CallbackContract {

    JobWorld world();

    @ParameterizedTest
    @CsvSource({"sim:events=1,job.succeeded", "sim:status=400,job.failed", "sim:status=529,job.dead"})
    default void eachEndIsReportedOnce(String prompt, String event) {
        JobServer server = world().server(new Tuning().maxAttempts(1));
        String id = server.submitWithCallback(prompt).id();
        assertThat(server.deliveries(id)).isEmpty();

        server.step(id);
        server.step(id);

        assertThat(server.deliveries(id)).singleElement().satisfies(delivery -> {
            assertThat(delivery.event()).isEqualTo(event);
            assertThat(delivery.url()).isEqualTo(URI.create(JobServer.CALLBACK));
            assertThat(delivery.status()).isEqualTo(DeliveryStatus.PENDING);
        });
        assertThat(world().rows("claude_delivery_task")).isEqualTo(1);
        assertThat(server.get(id).callback().orElseThrow().latest())
                .contains(server.deliveries(id).get(0));
    }

    @Test
    default void aCancelIsReportedToo() {
        JobServer server = world().server();
        String id = server.submitWithCallback("sim:events=1").id();

        server.bean().cancel(id);

        assertThat(server.deliveries(id)).extracting(Delivery::event).containsExactly("job.canceled");
    }

    @Test
    default void theCallbackContainsTheEndedJob() {
        JobServer server = world().server();
        String id = server.submitWithCallback("sim:events=1").id();

        server.step(id);

        JsonObject payload = payload(id);
        assertThat(payload.keySet()).containsExactly("type", "timestamp", "data");
        assertThat(payload.getString("type")).isEqualTo("job.succeeded");
        assertThat(Instant.parse(payload.getString("timestamp")))
                .isEqualTo(server.get(id).endedAt().orElseThrow());
        JsonObject job = server.get(id).json();
        assertThat(payload.getJsonObject("data"))
                .isEqualTo(Json.createObjectBuilder(job).remove("callback").build());
        assertThat(payload.getJsonObject("data").getJsonObject("message").getString("type"))
                .isEqualTo("message");
    }

    @Test
    default void theCallbackContainsUnparsedToolInputs() {
        JobServer server = world().server();
        String id = server.submitWithCallback("sim:events=1 tool_input={\"a").id();

        server.step(id);

        JsonObject job = payload(id).getJsonObject("data");
        assertThat(job.getJsonArray("unparsed_tool_inputs"))
                .singleElement()
                .satisfies(input ->
                        assertThat(input.asJsonObject().getString("text")).isEqualTo("{\"a"));
        assertThat(job)
                .isEqualTo(Json.createObjectBuilder(server.get(id).json())
                        .remove("callback")
                        .build());
    }

    @Test
    default void unpairedSurrogatesAreSentAsEscapes() {
        JobServer server = world().server();
        String id = server.submit(
                        "local",
                        null,
                        "{\"request\":" + JobServer.request("sim:events=1") + ",\"callback_url\":\""
                                + JobServer.CALLBACK + "\",\"metadata\":{\"m\":\"x \\ud83d \\u0000\"}}")
                .id();

        server.step(id);

        assertThat(payload(id).getJsonObject("data").getJsonObject("metadata").getString("m"))
                .isEqualTo("x \ud83d \0");
    }

    private JsonObject payload(String subject) {
        String text = new String(
                world().bytes("select payload from claude_delivery where subject = ?", subject),
                StandardCharsets.UTF_8);
        try (var reader = Json.createReader(new StringReader(text))) {
            return reader.readObject();
        }
    }

    @Test
    default void withoutACallbackNothingIsDelivered() {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();

        server.step(id);
        server.bean().cancel(server.submit("sim:events=1").id());

        assertThat(server.get(id).callback()).isEmpty();
        assertThat(world().rows("claude_delivery")).isZero();
        assertThat(world().rows("claude_delivery_task")).isZero();
    }

    @Test
    default void aFailedAttemptIsNotReported() {
        JobServer server = world().server();
        String id = server.submitWithCallback("sim:status=529").id();

        server.step(id);

        assertThat(server.deliveries(id)).isEmpty();
        assertThat(server.get(id).callback().orElseThrow().latest()).isEmpty();
    }

    @Test
    default void aJobThatEndsAgainIsReportedAgain() {
        JobServer server = world().server();
        String id = server.submitWithCallback("sim:status=400 times=1 key=k").id();
        server.step(id);
        server.bean().retry(id);

        server.step(id);

        assertThat(server.deliveries(id)).extracting(Delivery::event).containsExactly("job.failed", "job.succeeded");
        assertThat(server.get(id).callback().orElseThrow().latest())
                .map(Delivery::event)
                .contains("job.succeeded");
    }

    @ParameterizedTest
    @ValueSource(strings = {"claude_delivery", "claude_delivery_task"})
    default void anEndWhoseCallbackCannotBeStoredIsRetried(String table) throws Exception {
        JobServer server = world().server();
        String id = server.submitWithCallback("sim:events=1").id();
        server.meanwhile(() -> world().sql("alter table " + table + " rename to away"));

        Future<Optional<Instant>> attempt;
        try (var failures = new DatabaseFailures()) {
            attempt = server.stepOnThread(id);
            failures.await(1);
        } finally {
            world().sql("alter table away rename to " + table);
        }

        assertThat(attempt.get(20, TimeUnit.SECONDS)).isEmpty();
        assertThat(server.status(id)).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(server.deliveries(id)).hasSize(1);
        assertThat(world().rows("claude_delivery_task")).isEqualTo(1);
        assertThat(server.get(id).attempts()).isEqualTo(1);
        assertThat(world().requests()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"claude_delivery", "claude_delivery_task"})
    default void aCancelWhoseCallbackCannotBeStoredHasNoEffect(String table) {
        JobServer server = world().server();
        String id = server.submitWithCallback("sim:events=1").id();
        ClaudeException failure;
        world().sql("alter table " + table + " rename to away");
        try {
            failure = catchThrowableOfType(
                    ClaudeException.class, () -> server.bean().cancel(id));
        } finally {
            world().sql("alter table away rename to " + table);
        }

        assertThat(failure.status()).isEqualTo(503);
        assertThat(server.status(id)).isEqualTo(JobStatus.QUEUED);
        assertThat(server.deliveries(id)).isEmpty();
        assertThat(server.ended()).isEmpty();
    }
}
