package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.durable.CuttableSource;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Servers whose tasks run automatically, on one database. */
interface SharedDeliveriesContract {

    WebhookWorld world();

    private static boolean isDelivered(WebhookServer server, String subject) {
        return server.webhooks().deliveries(subject).stream()
                .allMatch(delivery -> delivery.status() == DeliveryStatus.DELIVERED);
    }

    @Test
    default void serversShareDeliveries() throws Exception {
        try (WebhookWorld real = world().real()) {
            real.receiver().otherwise(request -> Script.json(200, ""));
            WebhookServer one = real.server();
            WebhookServer other = real.server();
            Set<String> ids = new HashSet<>();
            for (int i = 0; i < 10; i++) {
                ids.add(one.deliver("job_" + i % 2, real.url()));
            }
            one.start();
            other.start();

            WebhookWorld.await(() -> isDelivered(one, "job_0") && isDelivered(other, "job_1"));
            WebhookWorld.await(() -> real.rows("claude_delivery_task where task_name = 'tests/claude-delivery'") == 0);

            assertThat(real.receiver().requests())
                    .extracting(request -> request.header("webhook-id").orElseThrow())
                    .containsExactlyInAnyOrderElementsOf(ids);
        }
    }

    @Test
    default void aManualRetryIsSentSoon() throws Exception {
        try (WebhookWorld real = world().real()) {
            real.receiver().answer(Script.json(410, ""), Script.json(200, ""));
            WebhookServer server = real.server().start();
            String id = server.deliver(real.url());
            server.webhooks().sendDue();
            WebhookWorld.await(() -> server.delivery().status() == DeliveryStatus.GONE);

            server.webhooks().retry(WebhookServer.SUBJECT, id);

            WebhookWorld.await(() -> server.delivery().status() == DeliveryStatus.DELIVERED);
            assertThat(server.delivery().attempts()).isEqualTo(2);
        }
    }

    @Test
    @Slow("time limits in real time")
    default void aDeliveryThatLostItsTaskIsStillSent() throws Exception {
        try (WebhookWorld real = world().real()) {
            real.receiver().otherwise(request -> Script.json(200, ""));
            WebhookServer server = real.server();
            server.deliver(real.url());
            real.sql("delete from claude_delivery_task");

            server.start();

            WebhookWorld.await(() -> server.delivery().status() == DeliveryStatus.DELIVERED);
            assertThat(real.receiver().requests()).hasSize(1);
        }
    }

    @Test
    default void onlyADeliveryWithoutATaskGetsOne() {
        WebhookServer server = world().server();
        world().receiver().answer(Script.json(200, ""), Script.json(410, ""), Script.json(500, ""));
        server.attempt(server.deliver(world().url()));
        server.attempt(server.deliver(world().url()));
        String failed = server.deliver(world().url());
        server.attempt(failed);
        String again = server.deliver(world().url());
        server.webhooks().retry(WebhookServer.SUBJECT, again);
        world().sql("delete from claude_delivery_task");
        String untouched = server.deliver(world().url());
        world().sql("update claude_delivery_task set version = 42");

        server.store().sendAll(WebhookServer.task());

        assertThat(world().rows("claude_delivery_task")).isEqualTo(3);
        for (String instance : new String[] {failed + "/0", again + "/1", untouched + "/0' and version = '42"}) {
            assertThat(world().rows(
                                    "claude_delivery_task where task_name = 'tests/claude-delivery' and task_instance = '"
                                            + instance + "'"))
                    .as(instance)
                    .isEqualTo(1);
        }
        server.store().sendAll(WebhookServer.task());
        assertThat(world().rows("claude_delivery_task")).isEqualTo(3);
    }

    @Slow("time limits in real time")
    @Test
    default void aSlowHostDoesNotDelayOthers() throws Exception {
        try (WebhookWorld real = world().real()) {
            var barrier = new Barrier();
            real.receiver()
                    .otherwise(request -> request.header("host").orElseThrow().startsWith("localhost")
                            ? Script.nothing().pause(barrier).raw("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                            : Script.json(200, ""));
            WebhookServer server = real.server(4, Duration.ofSeconds(2)).start();
            server.deliver("known to be slow", real.url());
            WebhookWorld.await(() ->
                    server.webhooks().deliveries("known to be slow").get(0).attempts() == 1);
            for (int i = 0; i < 8; i++) {
                server.deliver("slow", real.url());
            }
            WebhookWorld.await(() -> real.receiver().requests().size() == 2);

            server.deliver("quick", real.url("127.0.0.1"));

            WebhookWorld.await(() -> isDelivered(server, "quick"));
            assertThat(server.webhooks().deliveries("slow"))
                    .filteredOn(delivery -> delivery.attempts() == 0)
                    .hasSizeGreaterThan(5);
            barrier.release();
        }
    }

    @Slow("several servers")
    @Test
    default void anotherServerSendsTheDeliveriesOfAServerThatDied() throws Exception {
        try (WebhookWorld real = world().real()) {
            var barrier = new Barrier();
            real.receiver().answer(Script.nothing().pause(barrier).raw("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
            real.receiver().otherwise(request -> Script.json(204, ""));
            var wire = new CuttableSource(real.source());
            WebhookServer dying = real.server(wire.source());
            String id = dying.deliver(real.url());
            dying.start();
            barrier.awaitReached();
            wire.cut();

            WebhookServer successor = real.server().start();

            WebhookWorld.await(() -> successor.delivery().status() == DeliveryStatus.DELIVERED);
            assertThat(successor.delivery().lastStatus()).contains(204);
            assertThat(successor.delivery().attempts()).isEqualTo(1);
            assertThat(real.receiver().requests())
                    .hasSize(2)
                    .allSatisfy(
                            request -> assertThat(request.header("webhook-id")).contains(id));
            assertThat(real.receiver().requests())
                    .extracting(ReceivedRequest::text)
                    .containsOnly(real.receiver().requests().get(0).text());
            barrier.release();
            wire.mend();
        }
    }
}
