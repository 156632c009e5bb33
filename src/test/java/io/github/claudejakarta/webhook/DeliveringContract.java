package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.RefusingPort;
import io.github.claudejakarta.upstream.Script;
import jakarta.json.Json;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A delivery from its start to its end. */
interface DeliveringContract {

    WebhookWorld world();

    @Test
    default void aDeliveryThatIsNotSentYetIsPending() {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());

        assertThat(id).matches("msg_[0-9a-f]{32}");
        assertThat(server.delivery())
                .isEqualTo(new Delivery(
                        id,
                        WebhookServer.EVENT,
                        world().url(),
                        DeliveryStatus.PENDING,
                        0,
                        Optional.empty(),
                        Optional.empty(),
                        server.now(),
                        Optional.empty(),
                        Optional.of(server.now()),
                        Optional.empty()));
        assertThat(world().rows("claude_delivery_task where task_name = 'tests/claude-delivery' and task_instance = '"
                        + id + "/0'"))
                .isEqualTo(1);
    }

    @Test
    default void status200EndsADelivery() {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        Instant created = server.now();
        world().advance(Duration.ofSeconds(3));
        world().receiver().answer(Script.json(200, "thanks"));

        assertThat(server.attempt(id)).isEmpty();

        assertThat(server.delivery())
                .isEqualTo(new Delivery(
                        id,
                        WebhookServer.EVENT,
                        world().url(),
                        DeliveryStatus.DELIVERED,
                        1,
                        Optional.of(200),
                        Optional.empty(),
                        created,
                        Optional.of(server.now()),
                        Optional.empty(),
                        Optional.of(server.now())));
    }

    @Test
    default void theCallbackContainsTheEventItsTimeAndTheData() throws Exception {
        WebhookServer server = world().server();
        world().receiver().answer(Script.json(200, ""));
        String id = server.deliver(world().url());
        Instant written = server.now();
        world().advance(Duration.ofSeconds(3));

        server.attempt(id);

        ReceivedRequest request = world().receiver().takeRequest();
        assertThat(request.target()).isEqualTo("/hook");
        assertThat(request.header("webhook-id")).contains(id);
        assertThat(request.header("webhook-timestamp"))
                .contains(Long.toString(server.now().getEpochSecond()));
        assertThat(request.header("webhook-signature").orElseThrow())
                .isEqualTo(new Signer(List.of(TestWebhooks.SECRET)).sign(id, server.now(), request.text()));
        assertThat(request.text())
                .isEqualTo("{\"type\":\"job.succeeded\",\"timestamp\":\"" + written
                        + "\",\"data\":{\"id\":\"job_1\",\"text\":\"\u00e4\u20ac\ud83d\ude00\"}}");
    }

    @Test
    default void theDataOmitsTheCallback() throws Exception {
        WebhookServer server = world().server();
        var data = Json.createObjectBuilder()
                .add("a", 1)
                .add("callback", Json.createObjectBuilder().add("url", "https://x"))
                .add("b", 2)
                .build();
        world().database().transaction(connection -> {
            server.webhooks().deliver(connection, WebhookServer.SUBJECT, "batch.ended", world().url(), data);
            return null;
        });
        world().receiver().answer(Script.json(200, ""));
        server.attempt(server.delivery().id());

        assertThat(world().receiver().takeRequest().json().getJsonObject("data"))
                .hasToString("{\"a\":1,\"b\":2}");
        assertThat(data).containsKey("callback");
    }

    @Test
    default void aFailureIsRetried() {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        world().receiver().answer(Script.json(500, "broken"));

        assertThat(server.attempt(id)).contains(server.now().plusSeconds(5));

        assertThat(server.delivery())
                .isEqualTo(new Delivery(
                        id,
                        WebhookServer.EVENT,
                        world().url(),
                        DeliveryStatus.PENDING,
                        1,
                        Optional.of(500),
                        Optional.of("broken"),
                        server.now(),
                        Optional.of(server.now()),
                        Optional.of(server.now().plusSeconds(5)),
                        Optional.empty()));
    }

    @Test
    default void aRefusedConnectionIsRetried() throws Exception {
        WebhookServer server = world().server();
        try (var port = new RefusingPort()) {
            String id = server.deliver(URI.create("http://localhost:" + port.number() + "/"));

            assertThat(server.pause(id)).isEqualTo(Duration.ofSeconds(5));
        }

        Delivery delivery = server.delivery();
        assertThat(delivery.status()).isEqualTo(DeliveryStatus.PENDING);
        assertThat(delivery.attempts()).isEqualTo(1);
        assertThat(delivery.lastStatus()).isEmpty();
        assertThat(delivery.lastAnswer()).contains("No connection could be made");
    }

    @Test
    default void theLatestAttemptReplacesTheEarlierOne() {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        world().receiver().answer(Script.json(500, "broken"), Script.json(404, ""), Script.json(204, ""));
        server.attempt(id);
        world().advance(Duration.ofSeconds(5));

        assertThat(server.pause(id)).isEqualTo(Duration.ofSeconds(30));
        assertThat(server.delivery().lastStatus()).contains(404);
        assertThat(server.delivery().lastAnswer()).isEmpty();
        server.attempt(id);

        assertThat(server.delivery().attempts()).isEqualTo(3);
        assertThat(server.delivery().lastStatus()).contains(204);
    }

    @Test
    default void status410EndsADeliveryImmediately() {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        world().receiver().answer(Script.json(410, "moved out"));

        assertThat(server.attempt(id)).isEmpty();

        assertThat(server.delivery())
                .isEqualTo(new Delivery(
                        id,
                        WebhookServer.EVENT,
                        world().url(),
                        DeliveryStatus.GONE,
                        1,
                        Optional.of(410),
                        Optional.of("moved out"),
                        server.now(),
                        Optional.of(server.now()),
                        Optional.empty(),
                        Optional.of(server.now())));
    }

    @Test
    default void aRedirectIsAFailureWithItsReason() {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        world().receiver().answer(Script.json(302, "over there", "location: https://example.com/"));

        assertThat(server.attempt(id)).isPresent();

        assertThat(server.delivery().lastStatus()).contains(302);
        assertThat(server.delivery().lastAnswer()).contains("Redirects are not followed");
        assertThat(world().receiver().requests()).hasSize(1);
    }

    @Test
    default void aDeliveryIsDeadAfterADayOfFailures() {
        WebhookServer server = world().server();
        Instant begin = server.now();
        String id = server.deliver(world().url());
        world().receiver().otherwise(request -> Script.json(503, "closed"));

        for (Optional<Instant> next = server.attempt(id); next.isPresent(); next = server.attempt(id)) {
            assertThat(server.delivery().status()).isEqualTo(DeliveryStatus.PENDING);
            assertThat(server.delivery().nextAttemptAt()).isEqualTo(next);
            world().advance(Duration.between(server.now(), next.get()));
        }

        Delivery dead = server.delivery();
        assertThat(dead.status()).isEqualTo(DeliveryStatus.DEAD);
        assertThat(dead.attempts()).isEqualTo(11);
        assertThat(dead.lastStatus()).contains(503);
        assertThat(dead.lastAnswer()).contains("closed");
        assertThat(dead.nextAttemptAt()).isEmpty();
        assertThat(dead.endedAt()).contains(server.now()).isEqualTo(dead.lastAttemptAt());
        assertThat(Duration.between(begin, server.now())).isBetween(Duration.ofHours(23), Duration.ofHours(25));
        assertThat(world().receiver().requests())
                .hasSize(11)
                .allSatisfy(request -> assertThat(request.header("webhook-id")).contains(id))
                .extracting(ReceivedRequest::text)
                .containsOnly(world().receiver().requests().get(0).text());
        assertThat(world().receiver().requests())
                .extracting(request -> request.header("webhook-timestamp").orElseThrow())
                .doesNotHaveDuplicates();
    }

    @Test
    default void thePauseThatTheReceiverRequestsIsObeyed() {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        world().receiver()
                .answer(
                        Script.json(429, "", "retry-after: 3600"),
                        Script.json(503, "", "retry-after: 2592000"),
                        Script.json(503, "", "retry-after: 1"));

        assertThat(server.pause(id)).isEqualTo(Duration.ofHours(1));
        assertThat(server.delivery().nextAttemptAt()).contains(server.now().plus(Duration.ofHours(1)));
        assertThat(server.pause(id)).isEqualTo(Duration.ofHours(6));
        assertThat(server.pause(id)).isEqualTo(Duration.ofMinutes(2));
    }

    @Test
    default void aRetryIsDelayedByJitter() {
        WebhookServer server = world().server(0.5);
        String id = server.deliver(world().url());
        world().receiver().answer(Script.json(500, ""));

        assertThat(server.pause(id)).isEqualTo(Duration.ofMillis(5_625));
    }

    @Test
    default void anEndedDeliveryIsNotSent() {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        world().receiver().answer(Script.json(200, ""));
        server.attempt(id);
        Delivery delivered = server.delivery();

        assertThat(server.attempt(id)).isEmpty();

        assertThat(world().receiver().requests()).hasSize(1);
        assertThat(server.delivery()).isEqualTo(delivered);
    }

    @Test
    default void aRolledBackEndIsNeverReported() {
        WebhookServer server = world().server();

        assertThatThrownBy(() -> world().database().transaction(connection -> {
                    server.webhooks()
                            .deliver(
                                    connection,
                                    WebhookServer.SUBJECT,
                                    WebhookServer.EVENT,
                                    world().url(),
                                    WebhookServer.DATA);
                    throw new IllegalStateException("after the delivery was written");
                }))
                .hasMessage("after the delivery was written");

        assertThat(world().rows("claude_delivery")).isZero();
        assertThat(world().rows("claude_delivery_task")).isZero();
    }

    @Test
    default void aDeletedDeliveryIsNoLongerSent() {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        String other = server.deliver("job_2", world().url());
        TaskKey task = server.key(id);

        world().database().transaction(connection -> {
            server.webhooks().forget(connection, WebhookServer.SUBJECT);
            return null;
        });

        assertThat(server.webhooks().deliveries(WebhookServer.SUBJECT)).isEmpty();
        assertThat(server.attempt(task)).isEmpty();
        assertThat(world().receiver().requests()).isEmpty();
        assertThat(server.webhooks().deliveries("job_2"))
                .extracting(Delivery::id)
                .containsExactly(other);
    }

    @Test
    default void aDeliveryThatIsDeletedDuringAnAttemptIsNotStoredAgain() {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        world().receiver().otherwise(request -> {
            world().sql("delete from claude_delivery");
            return Script.json(200, "");
        });

        assertThat(server.attempt(id)).isEmpty();

        assertThat(world().rows("claude_delivery")).isZero();
    }

    @Test
    default void deliveriesOfASubjectAreListedOldestFirst() {
        WebhookServer server = world().server();
        var ids = new ArrayList<String>();
        for (int i = 0; i < 4; i++) {
            ids.add(server.deliver(world().url()));
            server.deliver("job_2", world().url());
        }

        assertThat(server.webhooks().deliveries(WebhookServer.SUBJECT))
                .extracting(Delivery::id)
                .containsExactlyElementsOf(ids);
        assertThat(server.webhooks().deliveries("job_")).isEmpty();
    }

    @Test
    default void aCallbackHasTheStatusOfItsLatestDelivery() {
        WebhookServer server = world().server();

        assertThat(callback(server, null)).isEmpty();
        assertThat(callback(server, world().url().toString())).contains(new Callback(world().url(), Optional.empty()));
        server.deliver(world().url());
        String latest = server.deliver(world().url());
        assertThat(callback(server, world().url().toString()).orElseThrow().latest())
                .get()
                .extracting(Delivery::id)
                .isEqualTo(latest);
    }

    private Optional<Callback> callback(WebhookServer server, String url) {
        return world().database().use(connection -> server.webhooks().callback(connection, WebhookServer.SUBJECT, url));
    }

    @Test
    default void theLongestUrlAndTheLongestAnswerAreStored() {
        WebhookServer server = world().server();
        String begin = world().url().toString() + "?";
        String longest = server.webhooks()
                .requireUrl(begin + "x".repeat(2_000 - begin.length()))
                .toString();
        String id = server.deliver(URI.create(longest));
        // invalid bytes, each of which is shown as one character
        world().receiver().answer(Script.chunked(400).raw("800\r\n" + "\u00ff".repeat(2_048) + "\r\n"));

        server.attempt(id);

        assertThat(server.delivery().url()).hasToString(longest);
        assertThat(server.delivery().lastAnswer()).contains("\ufffd".repeat(1_000));
    }
}
