package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import jakarta.json.JsonObject;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Deliveries that a person sends again. */
interface ResendingContract {

    WebhookWorld world();

    private Delivery again(WebhookServer server, String id) {
        return server.webhooks().retry(WebhookServer.SUBJECT, id);
    }

    @Test
    default void aDeliveredCallbackIsSentAgainUnchanged() {
        requireSentAgain(Script.json(200, ""), DeliveryStatus.DELIVERED);
    }

    @Test
    default void aCallbackThatEndedWith410IsSentAgainUnchanged() {
        requireSentAgain(Script.json(410, "no"), DeliveryStatus.GONE);
    }

    @Test
    default void aFailedCallbackIsSentAgainUnchanged() {
        requireSentAgain(Script.json(500, "no"), DeliveryStatus.PENDING);
    }

    private void requireSentAgain(Script first, DeliveryStatus status) {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        world().receiver().answer(first, Script.json(200, ""));
        server.attempt(id);
        Delivery before = server.delivery();
        assertThat(before.status()).isEqualTo(status);
        world().advance(Duration.ofSeconds(1));

        Delivery again = again(server, id);

        assertThat(again)
                .isEqualTo(server.delivery())
                .isEqualTo(new Delivery(
                        id,
                        before.event(),
                        before.url(),
                        DeliveryStatus.PENDING,
                        1,
                        before.lastStatus(),
                        before.lastAnswer(),
                        before.createdAt(),
                        before.lastAttemptAt(),
                        Optional.of(server.now()),
                        Optional.empty()));
        assertThat(world().rows("claude_delivery_task where task_instance = '" + id + "/1'"))
                .isEqualTo(1);
        assertThat(server.attempt(id)).isEmpty();
        assertThat(server.delivery().status()).isEqualTo(DeliveryStatus.DELIVERED);
        assertThat(server.delivery().attempts()).isEqualTo(2);
        assertThat(world().receiver().requests()).hasSize(2).allSatisfy(request -> {
            assertThat(request.header("webhook-id")).contains(id);
            assertThat(request.text())
                    .isEqualTo(world().receiver().requests().get(0).text());
        });
    }

    @Test
    default void aDeadCallbackIsRetriedForADayAgain() {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        world().receiver().otherwise(request -> Script.json(503, "closed"));
        drive(server, id);
        assertThat(server.delivery().status()).isEqualTo(DeliveryStatus.DEAD);
        Instant begin = server.now();

        again(server, id);
        drive(server, id);

        assertThat(server.delivery().status()).isEqualTo(DeliveryStatus.DEAD);
        assertThat(server.delivery().attempts()).isEqualTo(22);
        assertThat(Duration.between(begin, server.now())).isGreaterThan(Duration.ofHours(23));
        assertThat(world().receiver().requests())
                .extracting(request -> request.header("webhook-id").orElseThrow())
                .containsOnly(id);
    }

    private void drive(WebhookServer server, String id) {
        for (Optional<Instant> next = server.attempt(id); next.isPresent(); next = server.attempt(id)) {
            world().advance(Duration.between(server.now(), next.get()));
        }
    }

    @Test
    default void aCallbackThatWaitsForItsFirstAttemptIsSentOnce() {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        TaskKey old = server.key(id);
        world().receiver().otherwise(request -> Script.json(200, ""));

        again(server, id);

        assertThat(server.attempt(old)).isEmpty();
        assertThat(world().receiver().requests()).as("the earlier task").isEmpty();
        assertThat(server.attempt(id)).isEmpty();
        assertThat(server.attempt(old)).isEmpty();
        assertThat(world().receiver().requests()).hasSize(1);
    }

    @Test
    default void anEarlierAttemptDecidesNothing() {
        for (Script answer : new Script[] {Script.json(200, ""), Script.json(410, ""), Script.json(500, "")}) {
            WebhookServer server = world().server();
            String subject = "job_" + answer.hashCode();
            String id = server.deliver(subject, world().url());
            world().receiver().otherwise(request -> {
                server.webhooks().retry(subject, id);
                return answer;
            });
            server.attempt(id);

            Delivery delivery = server.delivery(subject, id);
            assertThat(delivery.status()).isEqualTo(DeliveryStatus.PENDING);
            assertThat(delivery.nextAttemptAt()).contains(server.now());
            assertThat(delivery.endedAt()).isEmpty();
            assertThat(delivery.lastStatus()).isEmpty();
            assertThat(server.key(id).number()).isEqualTo(1);
        }
    }

    @Test
    default void aDeliveryOfAnotherSubjectIsNotFound() {
        WebhookServer server = world().server();
        String id = server.deliver("job_2", world().url());
        Delivery before = server.delivery("job_2", id);

        var refusal = catchThrowableOfType(ClaudeException.class, () -> again(server, id));

        assertThat(refusal.type()).isEqualTo(ErrorType.NOT_FOUND);
        assertThat(refusal.errorMessage()).isEqualTo("There is no delivery " + id + " of " + WebhookServer.SUBJECT);
        assertThat(server.delivery("job_2", id)).isEqualTo(before);
        assertThat(world().rows("claude_delivery_task")).isEqualTo(1);
        assertThat(catchThrowableOfType(ClaudeException.class, () -> again(server, "msg_1"))
                        .status())
                .isEqualTo(404);
        assertThat(catchThrowableOfType(ClaudeException.class, () -> again(server, ""))
                        .status())
                .isEqualTo(404);
    }

    @Test
    default void theApiListsNewestFirstAndResends() {
        WebhookServer server = world().server();
        String first = server.deliver(world().url());
        String second = server.deliver(world().url());
        var resource = new DeliveriesResource(server.webhooks(), WebhookServer.SUBJECT);

        JsonObject page = resource.list("1", null, null);
        assertThat(page.getJsonArray("data"))
                .containsExactly(server.delivery(WebhookServer.SUBJECT, second).json());
        assertThat(page.getBoolean("has_more")).isTrue();
        assertThat(resource.list(null, second, null).getJsonArray("data"))
                .containsExactly(server.delivery(WebhookServer.SUBJECT, first).json());
        assertThat(catchThrowableOfType(ClaudeException.class, () -> resource.list(null, "msg_1", null))
                        .status())
                .isEqualTo(400);

        try (Response again = resource.retry(first)) {
            assertThat(again.getStatus()).isEqualTo(202);
            assertThat(again.getEntity())
                    .isEqualTo(server.delivery(WebhookServer.SUBJECT, first).json());
        }
        assertThat(server.key(first).number()).isEqualTo(1);
        assertThat(catchThrowableOfType(ClaudeException.class, () -> resource.retry("msg_1"))
                        .status())
                .isEqualTo(404);
    }

    @Test
    default void concurrentRetriesMakeOneRoundEachAndTheLastIsSent() throws Exception {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        world().receiver().otherwise(request -> Script.json(200, ""));
        server.attempt(id);
        int hands = 5;
        var barrier = new CyclicBarrier(hands);
        var threads = Executors.newFixedThreadPool(hands);
        var all = new ArrayList<Future<Delivery>>();
        for (int i = 0; i < hands; i++) {
            all.add(threads.submit(() -> {
                barrier.await();
                return again(server, id);
            }));
        }
        for (Future<Delivery> one : all) {
            assertThat(one.get(20, TimeUnit.SECONDS).status()).isEqualTo(DeliveryStatus.PENDING);
        }
        threads.shutdown();

        assertThat(server.key(id).number()).isEqualTo(hands);
        for (int round = 0; round <= hands; round++) {
            assertThat(server.attempt(new TaskKey(id, round))).isEmpty();
        }
        assertThat(world().receiver().requests())
                .extracting(ReceivedRequest::text)
                .hasSize(2);
        assertThat(world().rows("claude_delivery_task")).isEqualTo(hands + 1);
    }
}
