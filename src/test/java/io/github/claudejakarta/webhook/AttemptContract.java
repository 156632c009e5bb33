package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When an attempt is made, and the effect of an interrupt. */
interface AttemptContract {

    WebhookWorld world();

    @Test
    default void aSlowHostHasALimitOfConcurrentAttempts() throws Exception {
        var barrier = new Barrier();
        world().receiver()
                .otherwise(
                        request -> Script.nothing().pause(barrier).raw("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
        WebhookServer server = world().server();
        String waiting = server.deliver("job_3", world().url("LOCALHOST"));
        var first = hanging(server, server.deliver("job_1", world().url()));
        var second = hanging(server, server.deliver("job_2", world().url()));
        WebhookWorld.await(() -> world().receiver().requests().size() == 2);
        server.hostsTake(WebhookServer.SLOW);

        assertThat(server.pause(waiting)).isEqualTo(Duration.ofSeconds(5));
        assertThat(server.delivery("job_3", waiting).attempts()).isZero();
        barrier.release();
        assertThat(first.get(10, TimeUnit.SECONDS)).isEmpty();
        assertThat(second.get(10, TimeUnit.SECONDS)).isEmpty();

        assertThat(server.attempt(waiting)).isEmpty();
        assertThat(server.delivery("job_3", waiting).status()).isEqualTo(DeliveryStatus.DELIVERED);
    }

    private static CompletableFuture<Optional<Instant>> hanging(WebhookServer server, String id) {
        return CompletableFuture.supplyAsync(() -> server.attempt(id), AttemptContract::onAThread);
    }

    private static void onAThread(Runnable work) {
        new Thread(work, "attempt").start();
    }

    @Test
    default void aDeliveryWithoutASlotIsPostponedWithJitter() throws Exception {
        var barrier = new Barrier();
        world().receiver()
                .otherwise(
                        request -> Script.nothing().pause(barrier).raw("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
        WebhookServer server = world().server(0.5);
        var first = hanging(server, server.deliver("job_1", world().url()));
        var second = hanging(server, server.deliver("job_2", world().url()));
        WebhookWorld.await(() -> world().receiver().requests().size() == 2);
        server.hostsTake(WebhookServer.SLOW);

        assertThat(server.pause(server.deliver("job_3", world().url()))).isEqualTo(Duration.ofMillis(7_500));
        barrier.release();
        first.get(10, TimeUnit.SECONDS);
        second.get(10, TimeUnit.SECONDS);
    }

    @Test
    default void everyEndOfAnAttemptReleasesItsSlot() throws Exception {
        WebhookServer server = world().server();
        for (Script ending : List.of(
                Script.json(500, ""),
                Script.nothing().cut(),
                Script.json(410, ""),
                Script.json(302, ""),
                Script.json(200, ""))) {
            world().receiver()
                    .answer(Collections.nCopies(WebhookServer.SHARE, ending).toArray(Script[]::new));
            for (int i = 0; i < WebhookServer.SHARE; i++) {
                server.attempt(server.deliver("job_" + i, world().url()));
            }
        }
        server.hostsTake(WebhookServer.SLOW);
        world().receiver().answer(Script.json(200, ""));

        server.attempt(server.deliver("job_last", world().url()));

        assertThat(world().receiver().requests())
                .as("attempts, including one without a slot while others have theirs")
                .hasSize(5 * WebhookServer.SHARE + 1);
    }

    @Test
    default void aDeliveryWithoutASlotShowsItsNextAttempt() throws Exception {
        WebhookServer server = world().server();
        makeSlow(server);
        var barrier = new Barrier();
        world().receiver()
                .otherwise(
                        request -> Script.nothing().pause(barrier).raw("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
        var first = hanging(server, server.deliver("job_1", world().url()));
        var second = hanging(server, server.deliver("job_2", world().url()));
        WebhookWorld.await(() -> world().receiver().requests().size() == 1 + WebhookServer.SHARE);
        String waiting = server.deliver("job_3", world().url());

        Optional<Instant> next = server.attempt(waiting);

        assertThat(next).isPresent();
        assertThat(server.delivery("job_3", waiting).nextAttemptAt()).isEqualTo(next);
        barrier.release();
        first.get(10, TimeUnit.SECONDS);
        second.get(10, TimeUnit.SECONDS);
    }

    private void makeSlow(WebhookServer server) throws Exception {
        var barrier = new Barrier();
        world().receiver().answer(Script.nothing().pause(barrier).raw("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
        var slow = hanging(server, server.deliver("job_slow", world().url()));
        barrier.awaitReached();
        server.hostsTake(WebhookServer.SLOW);
        barrier.release();
        slow.get(10, TimeUnit.SECONDS);
    }

    @Test
    default void anInterruptIsNotAFailureOfTheReceiver() throws Exception {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        Delivery before = server.delivery();
        world().receiver().answer(Script.nothing().stall());
        var thread = new CompletableFuture<Thread>();
        var attempt = CompletableFuture.supplyAsync(
                () -> {
                    thread.complete(Thread.currentThread());
                    Optional<Instant> next = server.attempt(id);
                    assertThat(Thread.currentThread().isInterrupted())
                            .as("still interrupted")
                            .isFalse();
                    return next;
                },
                AttemptContract::onAThread);
        world().receiver().takeRequest();

        thread.get().interrupt();
        world().watchdog().tick();

        assertThat(attempt.get(10, TimeUnit.SECONDS)).contains(server.now());
        assertThat(server.delivery()).isEqualTo(before);
    }

    @Test
    default void anAnswerThatArrivesDespiteAnInterruptIsStored() throws Exception {
        WebhookServer server = world().server();
        String id = server.deliver(world().url());
        var thread = new CompletableFuture<Thread>();
        world().receiver().otherwise(request -> {
            thread.join().interrupt();
            return Script.json(200, "");
        });

        var attempt = CompletableFuture.supplyAsync(
                () -> {
                    thread.complete(Thread.currentThread());
                    return server.attempt(id);
                },
                AttemptContract::onAThread);

        assertThat(attempt.get(10, TimeUnit.SECONDS)).isEmpty();
        assertThat(server.delivery().status()).isEqualTo(DeliveryStatus.DELIVERED);
    }
}
