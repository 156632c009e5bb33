package io.github.claudejakarta.it.beans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.batch.Batch;
import io.github.claudejakarta.batch.BatchEnded;
import io.github.claudejakarta.batch.BatchManagerBean;
import io.github.claudejakarta.batch.BatchProgressed;
import io.github.claudejakarta.batch.BatchStatus;
import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.BatchResult;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.RealWar;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.transaction.Status;
import jakarta.transaction.UserTransaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Batches of an application in the same server. */
@ExtendWith(ArquillianExtension.class)
class BatchInjectionIT {

    private static final String MODEL = "claude-opus-5-5";
    private static final String SOON = "sim:batch_us=1000 events=1";
    /** Results of one megabyte, which is more than the server reads ahead. */
    private static final String LONG = "sim:events=1000 size=1000";

    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    @Inject
    BatchManagerBean batches;

    @Inject
    ClaudeClient client;

    @Inject
    EventRecorder recorder;

    @Deployment
    static WebArchive war() {
        return RealWar.withTestsInside(
                        "claude.upstream=simulator",
                        "claude.base-url=",
                        "claude.api-key=",
                        FaultTolerance.NO_BREAKER,
                        "claude.batch.poll-interval=PT0.05S",
                        "claude.batch.max-poll-interval=PT0.1S",
                        "claude.batch.max-part-requests=3")
                .addClasses(FaultTolerance.class);
    }

    /** Records the events that the application receives, and the names and classes that their thread can use. */
    @ApplicationScoped
    public static class EventRecorder {

        private final BlockingQueue<Batch> ended = new LinkedBlockingQueue<>();
        private final BlockingQueue<Batch> progressed = new LinkedBlockingQueue<>();
        private final BlockingQueue<Object> found = new LinkedBlockingQueue<>();

        void on(@Observes BatchEnded event) throws NamingException {
            found.add(InitialContext.doLookup("java:comp/DefaultManagedExecutorService"));
            ended.add(event.batch());
        }

        void on(@Observes BatchProgressed event) {
            progressed.add(event.batch());
            if (event.batch().requests() == 4) {
                throw new IllegalStateException("An error of the application");
            }
        }

        Batch nextEnd() throws InterruptedException {
            return ended.poll(20, TimeUnit.SECONDS);
        }

        Object nextFound() throws InterruptedException {
            return found.poll(20, TimeUnit.SECONDS);
        }

        List<Batch> progress() {
            var all = new ArrayList<Batch>();
            progressed.drainTo(all);
            return all;
        }

        void forget() {
            ended.clear();
            progressed.clear();
            found.clear();
        }
    }

    @BeforeEach
    void forget() {
        recorder.forget();
    }

    /** The database outlives the deployment, but the simulator of the batches does not. */
    @AfterEach
    void deleteAll() throws Exception {
        for (Batch batch : batches.list(1000)) {
            batches.cancel(batch.id());
            batches.await(batch.id(), TIMEOUT);
            batches.delete(batch.id());
        }
    }

    @Test
    void returnsResultsForRequests() throws Exception {
        var isClosed = new AtomicBoolean();

        Batch submitted = batches.submit(requests(SOON, "Hi", "sim:outcome=expired", SOON, "sim:outcome=errored")
                .onClose(() -> isClosed.set(true)));

        assertThat(isClosed).isTrue();
        assertThat(submitted.requests()).isEqualTo(5);
        assertThat(submitted.parts()).hasSize(2);
        assertThat(submitted.status().hasEnded()).isFalse();
        assertThatThrownBy(() -> batches.results(submitted.id()))
                .isInstanceOfSatisfying(
                        ClaudeException.class, e -> assertThat(e.type()).isEqualTo(ErrorType.CONFLICT));
        Batch ended = batches.await(submitted.id(), TIMEOUT);
        assertThat(ended.status()).isEqualTo(BatchStatus.ENDED);
        assertThat(ended.requestCounts().succeeded()).isEqualTo(3);
        assertThat(ended.requestCounts().all()).isEqualTo(5);
        assertThat(ended.usage().tokens().output()).isPositive();
        assertThat(batches.find(ended.id())).contains(ended);
        assertThat(batches.list(1)).containsExactly(ended);
        try (Stream<BatchResult> results = batches.results(ended.id())) {
            var types = results.collect(Collectors.toMap(BatchResult::customId, BatchResult::type));
            assertThat(types)
                    .hasSize(5)
                    .containsEntry("c1", "succeeded")
                    .containsEntry("c2", "expired")
                    .containsEntry("c4", "errored");
        }
        assertThat(client.connectionsInUse()).isZero();
    }

    @Test
    void unreadResultsHoldNoConnection() throws Exception {
        Batch batch = batches.submit(requests("sim:batch_us=1000 events=1000 size=1000", LONG, LONG, SOON));
        batches.await(batch.id(), TIMEOUT);

        try (Stream<BatchResult> results = batches.results(batch.id())) {
            assertThat(results.iterator().next().type()).isEqualTo("succeeded");
            assertThat(client.connectionsInUse()).isEqualTo(1);
        }

        assertThat(client.connectionsInUse()).isZero();
    }

    @Test
    void observersReceiveEachChangeAndTheEnd() throws Exception {
        Batch batch = batches.submit(requests(SOON, "Hi"));

        Batch end = recorder.nextEnd();

        assertThat(end.id()).isEqualTo(batch.id());
        assertThat(end.status()).isEqualTo(BatchStatus.ENDED);
        assertThat(recorder.nextFound()).isNotNull();
        var progress = recorder.progress();
        assertThat(progress).extracting(Batch::id).containsOnly(batch.id());
        assertThat(progress)
                .extracting(Batch::status)
                .contains(BatchStatus.SUBMITTING, BatchStatus.IN_PROGRESS, BatchStatus.ENDED);
        assertThat(progress).extracting(Batch::revision).doesNotHaveDuplicates();
        try (Stream<BatchResult> results = batches.results(end.id())) {
            assertThat(results).hasSize(2);
        }
    }

    @Test
    void aFailingObserverDelaysNothing() throws Exception {
        Batch batch = batches.submit(requests(SOON, "Hi", "Hi", SOON));

        assertThat(batches.await(batch.id(), TIMEOUT).requestCounts().succeeded())
                .isEqualTo(4);
        // The other observer receives the event nevertheless.
        assertThat(recorder.nextEnd()).isNotNull();
    }

    @Test
    void aTransactionThatIsRolledBackKeepsTheBatch() throws Exception {
        UserTransaction transaction = InitialContext.doLookup("java:comp/UserTransaction");
        transaction.begin();
        Batch batch;
        try {
            batch = batches.submit(requests(SOON, "Hi"));
            assertThat(batches.await(batch.id(), TIMEOUT).status()).isEqualTo(BatchStatus.ENDED);
            assertThat(transaction.getStatus()).isEqualTo(Status.STATUS_ACTIVE);
        } finally {
            transaction.rollback();
        }

        assertThat(batches.find(batch.id())).isPresent();
        assertThat(batches.await(batch.id(), TIMEOUT).requestCounts().succeeded())
                .isEqualTo(2);
    }

    @Test
    void aRejectionDoesNotChangeTheTransaction() throws Exception {
        UserTransaction transaction = InitialContext.doLookup("java:comp/UserTransaction");
        transaction.begin();
        try {
            assertThatThrownBy(() -> batches.cancel("batch_none")).isInstanceOf(ClaudeException.class);
            assertThat(transaction.getStatus()).isEqualTo(Status.STATUS_ACTIVE);
        } finally {
            transaction.commit();
        }
    }

    @Test
    void resultsCanBeReadInATransaction() throws Exception {
        Batch batch = batches.submit(requests(
                SOON,
                "Hi",
                "Hi",
                SOON,
                "sim:batch_us=1000 outcome=errored error_type=overloaded_error times=1 key=it-tx"));
        batches.await(batch.id(), TIMEOUT);
        batches.resubmit(batch.id());
        batches.await(batch.id(), TIMEOUT);
        UserTransaction transaction = InitialContext.doLookup("java:comp/UserTransaction");
        transaction.begin();
        try (Stream<BatchResult> results = batches.results(batch.id())) {
            assertThat(results.map(BatchResult::type)).hasSize(5).containsOnly("succeeded");
        } finally {
            transaction.rollback();
        }
    }

    @Test
    void anInvalidRequestIsReportedWithItsPlace() {
        var twice = Stream.of(
                BatchRequest.of("a", MODEL, 64, "Hi"),
                BatchRequest.of("b", MODEL, 64, "Hi"),
                BatchRequest.of("a", MODEL, 64, "Hi"));

        assertThatThrownBy(() -> batches.submit(twice)).isInstanceOfSatisfying(ClaudeException.class, e -> {
            assertThat(e.type()).isEqualTo(ErrorType.INVALID_REQUEST);
            assertThat(e.errorMessage()).contains("request 3", "'a'");
        });
        assertThatThrownBy(() -> batches.submit(Stream.empty())).isInstanceOf(ClaudeException.class);
        assertThat(batches.list(10)).isEmpty();
    }

    @Test
    void aFailingStreamOfRequestsStoresNothing() {
        var failing = Stream.of("a", "b", "c", "d", "e").map(id -> {
            if (id.equals("e")) {
                throw new IllegalStateException("An error of the application");
            }
            return BatchRequest.of(id, MODEL, 64, SOON);
        });

        assertThatThrownBy(() -> batches.submit(failing))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("An error of the application");
        assertThat(batches.list(10)).isEmpty();
    }

    @Test
    void anUnknownBatchIsNotFound() {
        assertThat(batches.find("batch_none")).isEmpty();
        for (var call : List.<ThrowingCallable>of(
                () -> batches.await("batch_none"),
                () -> batches.results("batch_none"),
                () -> batches.cancel("batch_none"),
                () -> batches.resubmit("batch_none"),
                () -> batches.delete("batch_none"))) {
            assertThatThrownBy(call)
                    .isInstanceOfSatisfying(
                            ClaudeException.class, e -> assertThat(e.type()).isEqualTo(ErrorType.NOT_FOUND));
        }
    }

    @Test
    void awaitEndsAfterItsTimeLimit() {
        Batch batch = batches.submit(requests("sim:batch_us=600000000"));

        assertThatThrownBy(() -> batches.await(batch.id(), Duration.ofMillis(200)))
                .isInstanceOfSatisfying(
                        ClaudeException.class, e -> assertThat(e.type()).isEqualTo(ErrorType.TIMEOUT));
    }

    private static Stream<BatchRequest> requests(String... prompts) {
        var requests = new ArrayList<BatchRequest>();
        for (String prompt : prompts) {
            requests.add(BatchRequest.of("c" + requests.size(), MODEL, 64, prompt));
        }
        return requests.stream();
    }
}
