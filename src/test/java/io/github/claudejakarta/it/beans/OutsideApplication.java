package io.github.claudejakarta.it.beans;

import io.github.claudejakarta.batch.Batch;
import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.BatchResult;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.testing.ClaudeBeans;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;

/** An application outside a server. Its class path has the classes jar and the test jar, and none of our libraries. */
public final class OutsideApplication implements Function<DataSource, Callable<String>> {

    private static final String MODEL = "claude-opus-5-5";

    /** Returns a task that runs a stream and a batch stored in the database, and describes both. */
    @Override
    public Callable<String> apply(DataSource database) {
        return () -> {
            try (var simulator = Simulator.start(Thread::new);
                    var beans = ClaudeBeans.builder(simulator.baseUri())
                            .database(database)
                            .start()) {
                String text = beans.claude().stream(MessageRequest.of(MODEL, 100, "Hello"))
                        .text()
                        .collect(Collectors.joining());
                return (text.isBlank() ? "no text" : "text") + ", " + batch(beans);
            }
        };
    }

    private static String batch(ClaudeBeans beans) throws InterruptedException {
        Batch batch = beans.batches()
                .submit(Stream.of("a", "b").map(id -> BatchRequest.of(id, MODEL, 100, "sim:batch_us=1000 events=1")));
        beans.batches().await(batch.id(), Duration.ofMinutes(1));
        try (Stream<BatchResult> results = beans.batches().results(batch.id())) {
            return results.map(result -> result.customId() + " " + result.type())
                    .sorted()
                    .collect(Collectors.joining(", "));
        }
    }
}
