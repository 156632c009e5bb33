package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.claude.Spellings;
import io.github.claudejakarta.durable.FakeTransaction;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.simulator.RecordedRequest;
import io.github.claudejakarta.stream.ClaudeStream;
import jakarta.json.Json;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of submissions: each is stored once, completely or not at all. */
interface SubmissionContract {

    String BODY = "{\"request\":" + JobServer.request("sim:events=1")
            + ",\"callback_url\":\"http://localhost:1/a\",\"metadata\":{\"a\":[1.0]}}";

    JobWorld world();

    @Test
    default void theSubmissionIsReturnedWithTheJob() {
        JobServer server = world().server();

        Job job = server.submit("alice", "key", BODY);

        assertThat(job.owner()).isEqualTo("alice");
        assertThat(job.metadata().orElseThrow()).hasToString("{\"a\":[1.0]}");
        assertThat(job.callback().orElseThrow().url()).isEqualTo(URI.create("http://localhost:1/a"));
        assertThat(server.get(job.id())).isEqualTo(job);
    }

    @Test
    default void optionsAreStoredAndUsed() {
        JobServer server = world().server();
        RequestOptions options = RequestOptions.none()
                .withBeta("b-1")
                .withHeader("x-team", "loans")
                .withCaller("alice")
                .withCorrelation("order 7")
                .withTimeout(Duration.ofMinutes(1))
                .withRecovery(RecoveryMode.OFF);

        Job job = server.bean()
                .submit(JobRequest.of(MessageRequest.of(JobServer.MODEL, 64, "sim:events=1"))
                        .withOptions(options));
        server.step(job.id());

        Job ended = server.get(job.id());
        assertThat(ended.status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(ended.owner()).isEqualTo("alice");
        assertThat(ended.correlation()).contains("order 7");
        RecordedRequest sent = world().requests().get(0);
        assertThat(sent.header("anthropic-beta")).contains("b-1");
        assertThat(sent.header("x-team")).contains("loans");
        assertThat(sent.headers()).doesNotContainKeys(":timeout", ":correlation", RecoveryMode.HEADER);
        ClaudeStream stream = server.stream(ended.streamId().orElseThrow());
        assertThat(stream.correlation()).contains("order 7");
        assertThat(stream.recovery()).isEqualTo(RecoveryMode.OFF);
        assertThat(stream.owner()).isEqualTo("alice");
    }

    @Test
    default void aJobWithAKeyOrACallerAtItsLimitIsRejected() {
        JobServer server = world().server();
        JobRequest job = JobRequest.of(MessageRequest.of(JobServer.MODEL, 64, "hi"));

        var withKey = catchThrowableOfType(
                ClaudeException.class,
                () -> server.bean().submit(job.withOptions(RequestOptions.none().withApiKey("sk-own"))));
        var limited = catchThrowableOfType(
                ClaudeException.class,
                () -> server.bean().submit(job.withOptions(RequestOptions.none().withCaller("refused"))));

        assertThat(withKey.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(withKey).hasMessageContaining("keys are not stored").hasMessageNotContaining("sk-own");
        assertThat(limited.type()).isEqualTo(ErrorType.RATE_LIMIT);
        assertThat(world().rows("claude_job")).isZero();
    }

    @Test
    default void aJobWithoutAModelNamesTheKeyOfTheDefault() {
        assertThat(catchThrowableOfType(
                        ClaudeException.class, () -> world().server().bean().submit(MessageRequest.of("hi"))))
                .hasMessageContaining("claude.default-model");
    }

    @Slow("many jobs")
    @Test
    default void everySpellingIsPreserved() {
        JobServer server = world().server();

        for (String request : Spellings.requests(true)) {
            server.step(server.submit("alice", null, "{ \"request\" : " + request + " }")
                    .id());
        }

        assertThat(world().requests())
                .extracting(sent -> sent.body().orElseThrow())
                .containsExactlyElementsOf(Spellings.requests(true));
    }

    @Slow("many jobs")
    @Test
    default void everySpellingOfAnApplicationsTextIsPreserved() {
        JobServer server = world().server();

        for (String request : Spellings.requests(false)) {
            server.step(server.bean()
                    .submit(JobRequest.of(MessageRequest.parse(request)))
                    .id());
        }

        assertThat(world().requests())
                .extracting(sent -> sent.body().orElseThrow())
                .containsExactlyElementsOf(Spellings.requests(true));
    }

    @Test
    default void anApplicationSubmitsARequestThatItBuilt() {
        JobServer server = world().server();
        var metadata = Json.createObjectBuilder().add("claim", 7).build();

        Job job = server.bean()
                .submit(JobRequest.of(MessageRequest.of(JobServer.MODEL, 9, "sim:events=1"))
                        .withCallback(URI.create("http://localhost:1/b"))
                        .withMetadata(metadata));
        server.step(job.id());

        assertThat(job.metadata()).contains(metadata);
        assertThat(job.callback().orElseThrow().url()).isEqualTo(URI.create("http://localhost:1/b"));
        assertThat(world().requests().get(0).body())
                .get()
                .asString()
                .contains("\"max_tokens\":9")
                .contains("\"stream\":true");
    }

    /** Databases cannot store all of these characters as text, so the JSON contains them as escapes. */
    @Test
    default void unpairedSurrogatesAreReturnedToo() {
        JobServer server = world().server();
        String metadata = "{\"m\":\"\\ud83d \\u0000 \\ud83d\\ude00\",\"\\u0000\\ude00\":1.50,\"e\":1e400}";

        Job job = server.submit(
                "alice",
                "key",
                "{\"request\":" + JobServer.request("sim:events=1") + ",\"metadata\":" + metadata + "}");
        Job built = server.bean()
                .submit(JobRequest.of(MessageRequest.of(JobServer.MODEL, 9, "sim:events=1 \ud83d"))
                        .withMetadata(job.metadata().orElseThrow()));

        for (String id : List.of(job.id(), built.id())) {
            server.step(id);
            assertThat(server.get(id).metadata().orElseThrow().getString("m")).isEqualTo("\ud83d \0 \ud83d\ude00");
            assertThat(JsonText.text(server.get(id).json()))
                    .contains(
                            "\"metadata\":{\"m\":\"\\ud83d \\u0000 \ud83d\ude00\",\"\\u0000\\ude00\":1.50,\"e\":1E+400}");
        }
        assertThat(world().requests().get(1).body().orElseThrow()).contains("sim:events=1 \\ud83d\"");
    }

    @Test
    default void aRepeatedSubmissionReturnsTheSameJob() {
        JobServer server = world().server();
        Job first = server.submit("alice", "key", BODY);

        assertThat(world().server().submit("alice", "key", BODY)).isEqualTo(first);
        server.step(first.id());
        assertThat(server.submit("alice", "key", BODY).json())
                .isEqualTo(server.get(first.id()).json());

        assertThat(world().rows("claude_job")).isEqualTo(1);
        assertThat(world().rows("claude_job_task")).isEqualTo(1);
    }

    @Test
    default void aRepeatedSubmissionNeedsNoStorage() {
        JobServer server = world().server(new Tuning().maxBytes(200));
        Job first = server.submit("alice", "key", BODY);
        assertThat(catchThrowableOfType(ClaudeException.class, () -> server.submit("alice", "another", BODY))
                        .status())
                .isEqualTo(529);

        assertThat(server.submit("alice", "key", BODY)).isEqualTo(first);
    }

    @Test
    default void aCallbackUrlIsStoredInAscii() {
        JobServer server = world().server();
        String body = BODY.replace("localhost:1/a", "localhost:1/\u00fc?x=\u20ac");

        Job job = server.submit("alice", "key", body);

        assertThat(job.callback().orElseThrow().url()).hasToString("http://localhost:1/%C3%BC?x=%E2%82%AC");
        assertThat(server.submit("alice", "key", body)).isEqualTo(job);
        server.step(job.id());
        assertThat(server.deliveries(job.id()))
                .singleElement()
                .satisfies(delivery -> assertThat(delivery.url()).hasToString("http://localhost:1/%C3%BC?x=%E2%82%AC"));
    }

    @Test
    default void withoutAKeyEachSubmissionIsANewJob() {
        JobServer server = world().server();

        assertThat(server.submit("alice", null, BODY).id())
                .isNotEqualTo(server.submit("alice", null, BODY).id());
    }

    @Test
    default void aKeyBelongsToItsOwner() {
        JobServer server = world().server();

        assertThat(server.submit("alice", "key", BODY).id())
                .isNotEqualTo(server.submit("bob", "key", BODY).id());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sim:events=1|sim:events=2",
                "localhost:1/a|localhost:1/b",
                ",\"callback_url\":\"http://localhost:1/a\"|",
                "[1.0]|[1.00]",
                ",\"metadata\":{\"a\":[1.0]}|"
            })
    default void aKeyCannotBeUsedForAnotherJob(String change) {
        JobServer server = world().server();
        String id = server.submit("alice", "key", BODY).id();
        String[] fromTo = change.split("\\|", -1);

        var refusal = catchThrowableOfType(
                ClaudeException.class, () -> server.submit("alice", "key", BODY.replace(fromTo[0], fromTo[1])));

        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(refusal.errorMessage()).contains("Idempotency-Key").contains(id);
        assertThat(world().rows("claude_job")).isEqualTo(1);
    }

    @Test
    default void concurrentEqualSubmissionsGetOneJob() throws Exception {
        List<JobServer> servers = List.of(world().server(), world().server());
        int many = 20;
        var barrier = new CyclicBarrier(many);
        var threads = Executors.newFixedThreadPool(many);
        try {
            var jobs = new ArrayList<Future<Job>>();
            for (int i = 0; i < many; i++) {
                JobServer server = servers.get(i % servers.size());
                jobs.add(threads.submit(() -> {
                    barrier.await();
                    return server.submit("alice", "key", BODY);
                }));
            }
            Job first = jobs.get(0).get(30, TimeUnit.SECONDS);
            for (Future<Job> job : jobs) {
                assertThat(job.get(30, TimeUnit.SECONDS)).isEqualTo(first);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(world().rows("claude_job")).isEqualTo(1);
        assertThat(world().rows("claude_job_task")).isEqualTo(1);
    }

    @Test
    default void withoutAKeyOfTheServerJobsAreRejected() {
        JobServer server = world().server(new Tuning().withoutKey());

        var refusal = catchThrowableOfType(ClaudeException.class, () -> server.submit("sim:events=1"));

        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(refusal.errorMessage()).contains("claude.api-key");
        assertThat(world().rows("claude_job")).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://10.0.0.1/",
                "https://127.0.0.1/",
                "ftp://localhost/",
                "nonsense",
                "http://localhost/\\ud800",
                "http://localhost/\\u0000"
            })
    default void anUnusableCallbackUrlIsRejectedAndNothingIsStored(String url) {
        JobServer server = world().server();

        var refusal = catchThrowableOfType(
                ClaudeException.class, () -> server.submit("alice", null, BODY.replace("http://localhost:1/a", url)));

        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(refusal.errorMessage()).startsWith("callback_url: ");
        assertThat(world().rows("claude_job")).isZero();
    }

    @Test
    default void aJobIsInvisibleBeforeTheCallersTransactionIsCommitted() throws Exception {
        var transaction = new FakeTransaction();
        JobServer server = world().server(new Tuning(), world().within(transaction));
        transaction.begin();

        Job job = server.submit("sim:events=1");

        assertThat(job.status()).isEqualTo(JobStatus.QUEUED);
        assertThat(server.bean().find(job.id())).isEmpty();
        assertThat(world().rows("claude_job")).isZero();
        assertThat(world().rows("claude_job_task")).isZero();
        transaction.commit();
        assertThat(server.get(job.id())).isEqualTo(job);
        server.step(job.id());
        assertThat(server.status(job.id())).isEqualTo(JobStatus.SUCCEEDED);
    }

    @Test
    default void aJobIsStoredOnlyIfTheCallersTransactionIsCommitted() throws Exception {
        var transaction = new FakeTransaction();
        JobServer server = world().server(new Tuning(), world().within(transaction));
        transaction.begin();
        server.submit("sim:events=1");
        Sql.update(transaction.connection(), "insert into claude_lock (name) values ('callers')");
        server.submit("sim:events=1");

        transaction.rollback();

        assertThat(Map.of(
                        "lock",
                        world().rows("claude_lock where name = 'callers'"),
                        "job",
                        world().rows("claude_job"),
                        "task",
                        world().rows("claude_job_task")))
                .isEqualTo(Map.of("lock", 0L, "job", 0L, "task", 0L));
    }

    @Test
    default void aRejectionDoesNotChangeTheCallersTransaction() throws Exception {
        var transaction = new FakeTransaction();
        JobServer server = world().server(new Tuning().withoutKey(), world().within(transaction));
        transaction.begin();

        assertThat(catchThrowableOfType(ClaudeException.class, () -> server.submit("sim:events=1"))
                        .status())
                .isEqualTo(400);

        assertThat(transaction.isRollbackOnly()).isFalse();
        transaction.commit();
    }

    @ParameterizedTest
    @ValueSource(strings = {"claude_job", "claude_job_task"})
    default void aPartialSubmissionIsNotStoredAndReturnsRetryAfter(String table) {
        JobServer server = world().server();
        ClaudeException failure;
        world().sql("alter table " + table + " rename to away");
        try {
            failure = catchThrowableOfType(ClaudeException.class, () -> server.submit("sim:events=1"));
        } finally {
            world().sql("alter table away rename to " + table);
        }

        assertThat(failure.status()).isEqualTo(503);
        assertThat(failure.retryAfter()).isPresent();
        assertThat(world().rows("claude_job")).isZero();
    }

    @Test
    default void aJobRunsAfterTheCommitOfItsTransactionAndNotAfterARollback() throws Exception {
        try (JobWorld real = world().real()) {
            var transaction = new FakeTransaction();
            JobServer server =
                    real.server(new Tuning(), real.within(transaction)).start();
            Waiting.until(() -> real.rows("claude_job_task where task_name = 'tests/claude-job-retention'") == 1);
            transaction.begin();
            server.submit("sim:events=1");
            transaction.rollback();
            transaction.begin();
            Job job = server.submit("sim:events=2");
            assertThat(server.bean().list(10)).isEmpty();
            transaction.commit();

            server.awaitStatus(job.id(), JobStatus.SUCCEEDED);

            assertThat(server.bean().list(10)).extracting(Job::id).containsExactly(job.id());
            assertThat(real.requests())
                    .singleElement()
                    .satisfies(sent -> assertThat(sent.body()).get().asString().contains("events=2"));
            assertThat(Optional.of(real.claude().counts().requests())).contains(1L);
        }
    }
}
