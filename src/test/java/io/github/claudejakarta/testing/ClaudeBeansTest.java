package io.github.claudejakarta.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.batch.Batch;
import io.github.claudejakarta.batch.BatchEnded;
import io.github.claudejakarta.batch.BatchStatus;
import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.job.Job;
import io.github.claudejakarta.job.JobEnded;
import io.github.claudejakarta.job.JobListener;
import io.github.claudejakarta.job.JobStatus;
import io.github.claudejakarta.simulator.Reply;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.StreamEnded;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClaudeBeansTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String MODEL = "claude-opus-5-5";

    private Simulator simulator;
    private Set<Thread> before;

    @BeforeEach
    void startSimulator() throws IOException {
        simulator = Simulator.start(task -> new Thread(task, "simulator"));
        before = Thread.getAllStackTraces().keySet();
    }

    @AfterEach
    void closeSimulator() {
        simulator.close();
    }

    private static MessageRequest request(String prompt) {
        return MessageRequest.of(MODEL, 1024, prompt);
    }

    @Test
    void streamsAndSendsWithTheKeyOfTheTest() {
        try (var beans =
                ClaudeBeans.builder(simulator.baseUri()).apiKey("sk-mine").start()) {
            ClaudeStream stream = beans.claude().stream(request("sim:events=2 size=3"));

            assertThat(String.join("", stream.text().toList()))
                    .isEqualTo(
                            beans.claude().send(request("sim:events=2 size=3")).text())
                    .isNotEmpty();
            assertThat(simulator.requests()).hasSize(2).allMatch(request -> request.carries("sk-mine"));
            assertThat(beans.claude().find(stream.id())).containsSame(stream);
        }
    }

    @Test
    void retriesLikeAContainer() {
        try (var beans = ClaudeBeans.at(simulator.baseUri())) {
            assertThat(beans.claude()
                            .send(request("sim:status=529 retry_after_ms=1 times=2 key=a events=1"))
                            .text())
                    .isNotEmpty();
            assertThat(simulator.requests()).hasSize(3);
        }
    }

    @Test
    void throwsTheErrorAfterTheLastAttempt() {
        try (var beans = ClaudeBeans.at(simulator.baseUri())) {
            ClaudeException overloaded = catchThrowableOfType(
                    ClaudeException.class, () -> beans.claude().send(request("sim:status=529 retry_after_ms=1")));

            assertThat(overloaded.type()).isEqualTo(ErrorType.OVERLOADED);
            assertThat(simulator.requests()).hasSize(3);
        }
    }

    @Test
    void doesNotRetryPermanentErrors() {
        try (var beans = ClaudeBeans.at(simulator.baseUri())) {
            ClaudeException refused = catchThrowableOfType(
                    ClaudeException.class, () -> beans.claude().send(request("sim:status=400")));

            assertThat(refused.type()).isEqualTo(ErrorType.INVALID_REQUEST);
            assertThat(simulator.requests()).hasSize(1);
        }
    }

    @Test
    void doesNotRetryABrokenAnswer() {
        simulator.enqueue(Reply.text("a b c d e f").withCutAt(1));
        try (var beans = ClaudeBeans.at(simulator.baseUri())) {
            ClaudeException broken = catchThrowableOfType(
                    ClaudeException.class, () -> beans.claude().send(request("Hello!")));

            assertThat(broken.kind()).isEqualTo(ErrorKind.BROKEN);
            assertThat(simulator.requests()).hasSize(1);
        }
    }

    @Test
    void theTestSetsTheNumberOfRetries() {
        try (var beans = ClaudeBeans.builder(simulator.baseUri())
                .set("io.github.claudejakarta.claude.http.ClaudeClient/call/Retry/maxRetries", "0")
                .start()) {
            assertThatThrownBy(() -> beans.claude().send(request("sim:status=529")))
                    .isInstanceOf(ClaudeException.class);
            assertThat(simulator.requests()).hasSize(1);
        }
    }

    @Test
    void hasNoCircuitBreaker() {
        try (var beans = ClaudeBeans.builder(simulator.baseUri())
                .set("io.github.claudejakarta.claude.http.ClaudeClient/call/Retry/maxRetries", "0")
                .start()) {
            for (int i = 0; i < 30; i++) {
                assertThatThrownBy(() -> beans.claude().send(request("sim:status=500")))
                        .isInstanceOf(ClaudeException.class);
            }

            assertThat(beans.claude().send(request("sim:events=1")).text()).isNotEmpty();
        }
    }

    @Test
    void namesTheKeyOfAnInvalidSetting() {
        ClaudeBeans.Builder builder = ClaudeBeans.builder(simulator.baseUri()).set("claude.stream.retention", "soon");

        assertThatThrownBy(builder::start)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claude.stream.retention");
        assertThat(threads()).isEmpty();
    }

    @Test
    void startsWithoutWarnings() {
        var logged = new ArrayList<LogRecord>();
        var handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                if (isLoggable(line)) {
                    logged.add(line);
                }
            }

            @Override
            public void flush() {
                // Nothing is buffered.
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        };
        handler.setLevel(Level.WARNING);
        Logger logger = Logger.getLogger("io.github.claudejakarta");
        logger.addHandler(handler);
        try (var beans = ClaudeBeans.at(simulator.baseUri())) {
            beans.claude().send(request("sim:events=1"));
        } finally {
            logger.removeHandler(handler);
        }

        assertThat(logged).extracting(LogRecord::getMessage).isEmpty();
    }

    @Test
    void withoutADatabaseJobsAndBatchesFailWith503() {
        try (var beans = ClaudeBeans.at(simulator.baseUri())) {
            assertThat(catchThrowableOfType(
                                    ClaudeException.class, () -> beans.jobs().submit(request("Hello!")))
                            .status())
                    .isEqualTo(503);
            assertThat(catchThrowableOfType(
                                    ClaudeException.class,
                                    () -> beans.batches().submit(Stream.of(new BatchRequest("a", request("Hello!")))))
                            .status())
                    .isEqualTo(503);
        }
    }

    @Test
    void runsJobsAndBatchesWithADatabase() throws Exception {
        JdbcConnectionPool pool = JdbcConnectionPool.create("jdbc:h2:mem:beans", "", "");
        BlockingQueue<Object> events = new LinkedBlockingQueue<>();
        try (var beans = ClaudeBeans.builder(simulator.baseUri())
                .database(pool)
                .set("claude.batch.poll-interval", "PT0.1S")
                .start()) {
            beans.observe(JobEnded.class, events::add)
                    .observe(StreamEnded.class, events::add)
                    .observe(BatchEnded.class, events::add);

            Job job = beans.jobs().submit(request("sim:events=1"));
            Job ended = beans.jobs().await(job.id(), LIMIT);

            assertThat(ended.status()).isEqualTo(JobStatus.SUCCEEDED);
            assertThat(events.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(StreamEnded.class);
            assertThat(events.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(JobEnded.class);

            Batch batch =
                    beans.batches().submit(Stream.of(new BatchRequest("a", request("sim:batch_us=1000 events=1"))));
            Batch over = beans.batches().await(batch.id(), LIMIT);

            assertThat(over.status()).isEqualTo(BatchStatus.ENDED);
            assertThat(events.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(BatchEnded.class);
        } finally {
            pool.dispose();
        }
        assertThat(threads()).isEmpty();
    }

    @Test
    void notifiesListenersOfTheApplication() throws Exception {
        JdbcConnectionPool pool = JdbcConnectionPool.create("jdbc:h2:mem:listeners", "", "");
        BlockingQueue<Job> heard = new LinkedBlockingQueue<>();
        JobListener listener = heard::add;
        try (var beans = ClaudeBeans.builder(simulator.baseUri())
                .database(pool)
                .with(listener)
                .start()) {
            Job job = beans.jobs().submit(request("sim:events=1"));

            assertThat(heard.poll(LIMIT.toSeconds(), TimeUnit.SECONDS).id()).isEqualTo(job.id());
        } finally {
            pool.dispose();
        }
    }

    @Test
    void endsAllThreadsEvenIfAStreamRuns() {
        ClaudeStream running;
        try (var beans = ClaudeBeans.at(simulator.baseUri())) {
            running = beans.claude().stream(request("sim:events=2 stall_at=1"));
            running.events().iterator().next();

            assertThat(threads()).isNotEmpty();
        }

        assertThat(threads()).isEmpty();
        assertThat(running.error()).isPresent();
    }

    /** Returns the threads that the test has started, except for the simulator's threads. */
    private List<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread)
                        && !List.of("simulator", "junit-jupiter-timeout-watcher")
                                .contains(thread.getName()))
                .toList();
    }
}
