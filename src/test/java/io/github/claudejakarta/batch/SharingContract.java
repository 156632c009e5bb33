package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.MessageBatch.Counts;
import io.github.claudejakarta.durable.CuttableSource;
import io.github.claudejakarta.lane.Slow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Several servers, or several threads of one, on one database. */
interface SharingContract {

    Duration LIMIT = Duration.ofSeconds(40);

    BatchWorld world();

    @Test
    default void ofTwoServersThatFollowAPartConcurrentlyOneSendsIt() throws Exception {
        BatchServer one = world().server();
        BatchServer other = world().server();
        for (int i = 0; i < 10; i++) {
            String id = one.submit("hi").id();
            concurrently(() -> one.step(id, 1), () -> other.step(id, 1));
        }

        assertThat(world().creations()).isEqualTo(10);
        assertThat(one.bean().list(100))
                .allSatisfy(batch -> assertThat(batch.parts().get(0).state()).isEqualTo(PartState.RUNNING));
    }

    @Test
    default void ofTwoServersThatReadResultsConcurrentlyOneAddsThemUp() throws Exception {
        BatchServer one = world().server(new Tuning().resubmitExpired(1));
        BatchServer other = world().server(new Tuning().resubmitExpired(1));
        for (int i = 0; i < 5; i++) {
            String id = one.submit("hi", "sim:outcome=errored", "sim:outcome=expired")
                    .id();
            one.step(id, 1);
            world().advance(Duration.ofSeconds(5));
            concurrently(() -> one.step(id, 1), () -> other.step(id, 1));

            Batch batch = one.get(id);
            assertThat(batch.requestCounts()).isEqualTo(new Counts(1, 1, 1, 0, 0));
            assertThat(batch.parts()).hasSize(2);
            assertThat(batch.usage().models().get(0).requests()).isEqualTo(1);
        }
    }

    private static void concurrently(Runnable... works) throws Exception {
        var barrier = new CyclicBarrier(works.length);
        var threads = Executors.newFixedThreadPool(works.length);
        try {
            var all = new ArrayList<Future<?>>();
            for (Runnable work : works) {
                all.add(threads.submit(() -> {
                    barrier.await();
                    work.run();
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get(20, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    default void theLimitOfRunningPartsIncludesAllServers() throws Exception {
        Tuning two = new Tuning().maxConcurrent(2);
        BatchServer one = world().server(two);
        BatchServer other = world().server(two);
        // of different sizes, because only one part of a size is sent at a time
        List<String> waiting = List.of(
                one.submit("a").id(),
                one.submit("b", "b").id(),
                other.submit("c", "c", "c").id(),
                other.submit("d", "d", "d", "d").id());

        concurrently(
                () -> one.step(waiting.get(0), 1),
                () -> other.step(waiting.get(1), 1),
                () -> one.step(waiting.get(2), 1),
                () -> other.step(waiting.get(3), 1));

        assertThat(world().creations()).isEqualTo(2);
        assertThat(waiting.stream()
                        .flatMap(id -> one.get(id).parts().stream())
                        .filter(part -> part.state() == PartState.WAITING))
                .hasSize(2);
        String late = waiting.stream()
                .filter(id -> one.get(id).parts().stream().anyMatch(part -> part.state() == PartState.WAITING))
                .findFirst()
                .orElseThrow();
        int number = one.get(late).parts().stream()
                .filter(part -> part.state() == PartState.WAITING)
                .findFirst()
                .orElseThrow()
                .number();
        assertThat(one.wait(late, number)).isEqualTo(Duration.ofSeconds(5));
        one.drive(waiting.toArray(String[]::new));
        assertThat(waiting)
                .allSatisfy(id -> assertThat(one.get(id).requestCounts().succeeded())
                        .isEqualTo(one.get(id).requests()));
        assertThat(world().creations()).isEqualTo(4);
    }

    @Slow("several servers")
    @Test
    default void serversShareTheirPartsAndFollowEachOnce() throws Exception {
        try (BatchWorld real = world().real()) {
            Tuning tuning = new Tuning()
                    .poll(Duration.ofSeconds(1), Duration.ofSeconds(1))
                    .maxPartRequests(1);
            BatchServer one = real.server(tuning).start();
            BatchServer other = real.server(tuning).start();
            long begin = System.nanoTime();

            String id = one.submit(
                            Collections.nCopies(6, "sim:batch_us=2500000").toArray(String[]::new))
                    .id();
            Batch ended = other.bean().await(id, LIMIT);

            assertThat(ended.requestCounts().succeeded()).isEqualTo(6);
            assertThat(real.creations()).isEqualTo(6);
            long seconds = Duration.ofNanos(System.nanoTime() - begin).toSeconds() + 1;
            assertThat(ended.messageBatches()).hasSize(6).allSatisfy(batch -> {
                assertThat(real.requests("GET", "/" + batch.id())).hasSizeBetween(2, (int) (seconds * 4 / 3 + 1));
                assertThat(real.requests("GET", "/" + batch.id() + "/results")).hasSize(1);
            });
            await(() -> one.ended().size() + other.ended().size() > 0);
            assertThat(one.ended().size() + other.ended().size()).isEqualTo(1);
        }
    }

    @Slow("several servers")
    @Test
    default void aServerTakesOverFromOneThatDied() throws Exception {
        try (BatchWorld real = world().real()) {
            Tuning tuning = new Tuning().poll(Duration.ofMillis(200), Duration.ofMillis(200));
            var wire = new CuttableSource(real.source());
            BatchServer dying = real.server(tuning, real.through(wire)).start();
            String id = dying.submit("sim:batch_late_us=1000000 batch_us=1000").id();
            await(() -> !real.claude().batches().isEmpty());
            wire.cut();

            BatchServer successor = real.server(tuning).start();

            assertThat(successor.bean().await(id, LIMIT).requestCounts().succeeded())
                    .isEqualTo(1);
            assertThat(real.claude().batches()).hasSize(1);
            wire.mend();
        }
    }

    private static void await(java.util.function.BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
            Thread.sleep(10);
        }
    }

    @Slow("several servers")
    @Test
    default void aBatchContinuesAfterARestart() throws Exception {
        try (BatchWorld real = world().real()) {
            Tuning tuning = new Tuning()
                    .poll(Duration.ofMillis(200), Duration.ofMillis(200))
                    .resubmitExpired(1);
            String id;
            try (BatchServer stopped = real.server(tuning)) {
                id = stopped.submit("sim:batch_us=1000", "sim:outcome=expired times=1 key=k")
                        .id();
                stopped.step(id, 1);
            }

            BatchServer started = real.server(tuning).start();

            assertThat(started.bean().await(id, LIMIT).requestCounts().succeeded())
                    .isEqualTo(2);
            await(() -> !started.ended().isEmpty());
            assertThat(started.ended()).extracting(Batch::id).containsExactly(id);
        }
    }

    @Test
    default void aCancellationDoesNotWaitForTheNextPoll() throws Exception {
        try (BatchWorld real = world().real()) {
            BatchServer server = real.server(new Tuning().poll(Duration.ofSeconds(30), Duration.ofSeconds(30)))
                    .start();
            String id = server.submit("sim:batch_us=3600000000").id();
            await(() -> server.state(id, 1) == PartState.RUNNING && real.rows("claude_task where picked = true") == 0);

            server.bean().cancel(id);

            await(() -> !real.requests("POST", "/cancel").isEmpty());
            assertThat(real.requests("POST", "/cancel")).hasSize(1);
        }
    }

    @Test
    default void aLocalChangeWakesImmediately() throws Exception {
        BatchServer server = world().server();
        Duration shortest = Duration.ofSeconds(20);
        // With polls of the database alone each wait would take a second or more.
        for (int i = 0; i < 5 && shortest.compareTo(Duration.ofMillis(500)) > 0; i++) {
            Batch batch = server.submit("hi");
            var waiter = new Waiter(server, batch, Duration.ofSeconds(20));

            server.bean().cancel(batch.id());

            assertThat(waiter.get()).get().extracting(Batch::status).isEqualTo(BatchStatus.CANCELING);
            shortest = waiter.took().compareTo(shortest) < 0 ? waiter.took() : shortest;
        }
        assertThat(shortest).isLessThan(Duration.ofMillis(900));
    }

    @Slow("several servers")
    @Test
    default void aChangeOfAnotherServerIsSeenSoon() throws Exception {
        BatchServer server = world().server();
        Batch batch = server.submit("hi");

        var waiter = new Waiter(server, batch, Duration.ofSeconds(20));
        world().server().bean().cancel(batch.id());

        assertThat(waiter.get()).get().extracting(Batch::status).isEqualTo(BatchStatus.CANCELING);
        assertThat(waiter.took()).isLessThan(Duration.ofSeconds(15));
    }

    @Test
    @Slow("time limits in real time")
    default void aDeletionEndsTheWait() throws Exception {
        BatchServer server = world().server();
        Batch batch = server.submit("hi");

        var waiter = new Waiter(server, batch, Duration.ofSeconds(20));
        world().sql("delete from claude_batch");

        assertThat(waiter.get()).isEmpty();
        assertThat(waiter.took()).isLessThan(Duration.ofSeconds(15));
        // corrects the counter, which a deletion by hand has left as it was
        server.runHousekeeping();
    }

    @Test
    default void aWaitEndsInTime() throws Exception {
        BatchServer server = world().server();
        Batch batch = server.submit("hi");

        var waiter = new Waiter(server, batch, Duration.ofMillis(300));

        assertThat(waiter.get()).isEmpty();
        assertThat(waiter.took()).isBetween(Duration.ofMillis(290), Duration.ofMillis(900));
    }

    @Test
    @Slow("time limits in real time")
    default void aWaitForAnEarlierChangeEndsSoon() throws Exception {
        BatchServer server = world().server();
        Batch batch = server.submit("hi");
        world().server().bean().cancel(batch.id());

        assertThat(server.bean().awaitChange(batch.id(), batch.revision(), Duration.ofSeconds(20)))
                .isPresent();
    }

    /** A thread that waits for a change of a batch. */
    final class Waiter {

        private final Future<Map.Entry<Optional<Batch>, Duration>> future;

        Waiter(BatchServer server, Batch batch, Duration limit) throws Exception {
            var threads = Executors.newSingleThreadExecutor();
            var thread = new Thread[1];
            future = threads.submit(() -> {
                long begin = System.nanoTime();
                thread[0] = Thread.currentThread();
                Optional<Batch> changed = server.bean().awaitChange(batch.id(), batch.revision(), limit);
                return Map.entry(changed, Duration.ofNanos(System.nanoTime() - begin));
            });
            threads.shutdown();
            await(() -> thread[0] != null && thread[0].getState() == Thread.State.TIMED_WAITING);
        }

        Optional<Batch> get() throws Exception {
            return future.get(30, TimeUnit.SECONDS).getKey();
        }

        Duration took() throws Exception {
            return future.get().getValue();
        }
    }
}
