package io.github.claudejakarta.it.batches;

import io.github.claudejakarta.simulator.RecordedRequest;
import io.github.claudejakarta.simulator.Simulator;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Records all requests to a simulator, and when they arrived. */
final class Arrivals implements AutoCloseable {

    private static final String BATCHES = "/v1/messages/batches";
    private static final Duration LOOK = Duration.ofMillis(200);

    /**
     * A request.
     *
     * @param nanos {@link System#nanoTime()} at its arrival
     */
    record Arrival(long nanos, RecordedRequest request) {}

    private final Simulator simulator;
    private final List<Arrival> all = new CopyOnWriteArrayList<>();
    private final Thread thread = new Thread(this::collect, "arrivals");

    Arrivals(Simulator simulator) {
        this.simulator = simulator;
        thread.setDaemon(true);
        thread.start();
    }

    private void collect() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                int seen = all.size();
                simulator.await(counts -> counts.requests() > seen, LOOK);
                take(simulator.requests());
            }
        } catch (InterruptedException e) {
            // The simulator is closed.
        }
    }

    private void take(List<RecordedRequest> latest) {
        RecordedRequest last = all.isEmpty() ? null : all.get(all.size() - 1).request();
        int from = latest.size();
        while (from > 0 && latest.get(from - 1) != last) {
            from--;
        }
        long now = System.nanoTime();
        latest.subList(from, latest.size()).forEach(request -> all.add(new Arrival(now, request)));
    }

    /** Creations of batches with a {@code custom_id} that begins with this prefix, including rejected ones. */
    List<Arrival> creations(String prefix) {
        return all.stream()
                .filter(arrival -> arrival.request().method().equals("POST")
                        && arrival.request().path().equals(BATCHES))
                .filter(arrival -> arrival.request().body().orElseThrow().contains("\"custom_id\":\"" + prefix))
                .toList();
    }

    /** Polls of this message batch. */
    List<Arrival> polls(String messageBatch) {
        return all.stream()
                .filter(arrival -> arrival.request().method().equals("GET"))
                .filter(arrival -> arrival.request().path().equals(BATCHES + "/" + messageBatch))
                .toList();
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
