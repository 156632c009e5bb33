package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ContentBlock;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.UnparsedToolInput;
import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.StreamStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of attempts and their outcomes. */
interface AttemptContract {

    JobWorld world();

    private Instant now() {
        return world().clock().instant().truncatedTo(ChronoUnit.MICROS);
    }

    @Test
    default void aSubmittedJobIsQueued() {
        JobServer server = world().server();

        Job job = server.submit("sim:events=1");

        assertThat(job)
                .isEqualTo(new Job(
                        job.id(),
                        "local",
                        JobStatus.QUEUED,
                        0,
                        0,
                        0,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        now(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        false));
        assertThat(job.id()).matches("job_[0-9a-f]{32}");
        assertThat(server.get(job.id())).isEqualTo(job);
        assertThat(world().rows("claude_job_task")).isEqualTo(1);
        assertThat(world().requests()).isEmpty();
    }

    @Test
    default void aSuccessfulAttemptStoresTheMessage() {
        JobServer server = world().server();
        Job submitted = server.submit("sim:events=2 size=3");
        world().advance(Duration.ofSeconds(3));

        assertThat(server.step(submitted.id())).isEmpty();

        Job job = server.get(submitted.id());
        assertThat(job.status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(job.message().orElseThrow().text()).startsWith("i=0;").contains("i=1;");
        assertThat(job.attempts()).isEqualTo(1);
        assertThat(job.restarts()).isZero();
        assertThat(job.error()).isEmpty();
        assertThat(job.createdAt()).isEqualTo(now().minusSeconds(3));
        assertThat(job.startedAt()).contains(now());
        assertThat(job.endedAt()).contains(now());
        assertThat(job.nextAttemptAt()).isEmpty();
        assertThat(server.changes()).extracting(Job::status).containsExactly(JobStatus.SUCCEEDED);
    }

    /** With the original text, on each server that reads the job. */
    @ParameterizedTest
    @ValueSource(strings = {"{\"city\":\"Par", "[1]", "\"x\"", "42", "{}x", "{\"a\":\"\\u00e4\\ud83d\"}}"})
    default void unparsedToolInputsAreStoredWithTheMessage(String text) {
        JobServer server = world().server();
        String id = server.submit("sim:events=1 tool_input=" + text).id();

        server.step(id);

        Job job = server.get(id);
        ContentBlock.ToolUse call = job.message().orElseThrow().toolUses().get(0);
        assertThat(call.input()).isEmpty();
        assertThat(job.message().orElseThrow().unparsedToolInputs())
                .containsExactly(new UnparsedToolInput(1, call.id(), "get_weather", text));
        assertThat(server.changes()).singleElement().isEqualTo(job);
        assertThat(world().server().get(id)).isEqualTo(job);
    }

    @Test
    default void inputsOfToolsThatAreJsonAreOnlyInTheMessage() {
        JobServer server = world().server();
        String id = server.submit("sim:tool=1").id();

        server.step(id);

        assertThat(server.get(id).message().orElseThrow().toolUses()).hasSize(1);
        assertThat(server.get(id).message().orElseThrow().unparsedToolInputs()).isEmpty();
        assertThat(world().rows("claude_job where unparsed_tool_inputs is not null"))
                .isZero();
    }

    @Test
    default void anEndedJobIsNotSentAgain() {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();
        server.step(id);
        Job ended = server.get(id);

        assertThat(server.step(id)).isEmpty();

        assertThat(server.get(id)).isEqualTo(ended);
        assertThat(world().requests()).hasSize(1);
    }

    @Test
    default void theRequestIsSentUnchanged() {
        JobServer server = world().server();
        String request = "{ \"max_tokens\" : 1.6e1,\"model\":\"" + JobServer.MODEL
                + "\",\n\t\"\\u006dessages\":[{\"role\":\"user\","
                + "\"content\":\"sim:events=1\"}], \"new\":{\"b\":1.00,\"a\":\"\\u00e4\u00e4\\ud800\"} }";
        String id =
                server.submit("local", null, "{\"request\":" + request + "}").id();

        server.step(id);

        assertThat(server.status(id)).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(world().requests()).singleElement().satisfies(sent -> {
            assertThat(sent.method() + " " + sent.path()).isEqualTo("POST /v1/messages");
            assertThat(sent.body()).contains("{\"stream\":true," + request.substring(1));
            assertThat(sent.carries("sk-server")).isTrue();
        });
    }

    @Test
    default void anthropicHeadersOfASubmissionAreSentToClaude() {
        JobServer server = world().server();
        var headers = new StoredHeaders(Map.of("anthropic-beta", "a,\"b\"", "anthropic-version", "2024-01-01"));
        Job job = server.bean()
                .submit(
                        "local",
                        Optional.empty(),
                        headers,
                        JobSubmission.of(
                                JobRequest.of(MessageRequest.of(JobServer.MODEL, 9, "sim:events=1")),
                                MessageDefaults.NONE));

        server.step(job.id());

        assertThat(world().requests()).singleElement().satisfies(sent -> {
            assertThat(sent.header("anthropic-beta")).contains("a,\"b\"");
            assertThat(sent.header("anthropic-version")).contains("2024-01-01");
        });
    }

    @Test
    default void aRunningJobIsAStreamOfItsOwner() throws Exception {
        JobServer server = world().server();
        String id = server.submitAs("alice", "sim:events=3 stall_at=1").id();
        Future<Optional<Instant>> attempt = server.stepOnThread(id);

        ClaudeStream stream = server.awaitEvents(id);

        Job running = server.get(id);
        assertThat(running.status()).isEqualTo(JobStatus.RUNNING);
        assertThat(running.attempts()).isEqualTo(1);
        assertThat(running.startedAt()).contains(now());
        assertThat(running.endedAt()).isEmpty();
        assertThat(stream.owner()).isEqualTo("alice");
        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
        assertThat(stream.events().iterator().next()).isInstanceOf(StreamEvent.MessageStart.class);
        stream.cancel();
        attempt.get(20, TimeUnit.SECONDS);
    }

    @Test
    default void theStreamOfAnEndedJobIsStored() {
        JobServer server = world().server();
        String id = server.submit("sim:events=2").id();

        server.step(id);

        ClaudeStream stream = server.stream(server.get(id)).orElseThrow();
        assertThat(stream.status()).isEqualTo(StreamStatus.COMPLETED);
        assertThat(stream.message().json())
                .isEqualTo(server.get(id).message().orElseThrow().json());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "status=400|invalid_request_error",
                "status=401|authentication_error",
                "status=402|billing_error",
                "status=403|permission_error",
                "status=404|not_found_error",
                "status=413|request_too_large",
                "enforced_spend_limit=1|rate_limit_error",
                "status=500 should_retry=false|api_error",
                "status=529 should_retry=false retry_after=1|overloaded_error",
                "error_first=permission_error|permission_error",
                "error_at=1 error_type=invalid_request_error|invalid_request_error"
            })
    default void aPermanentFailureEndsTheJobImmediately(String fault, String type) {
        JobServer server = world().server();
        String id = server.submit("sim:" + fault).id();

        assertThat(server.step(id)).isEmpty();

        Job job = server.get(id);
        assertThat(job.status()).isEqualTo(JobStatus.FAILED);
        assertThat(job.error().orElseThrow().type().value()).isEqualTo(type);
        assertThat(job.error().orElseThrow().status()).isEqualTo(new ErrorType(type).status());
        assertThat(job.error().orElseThrow().kind()).isEqualTo(ErrorKind.REFUSED);
        assertThat(job.endedAt()).contains(now());
        assertThat(job.nextAttemptAt()).isEmpty();
        assertThat(job.message()).isEmpty();
        assertThat(job.attempts()).isEqualTo(1);
        assertThat(server.step(id)).isEmpty();
        assertThat(world().requests()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "status=408|invalid_request_error",
                "status=409|conflict_error",
                "status=429|rate_limit_error",
                "status=500|api_error",
                "status=503|api_error",
                "status=529|overloaded_error",
                "status=400 should_retry=true|invalid_request_error",
                "error_first=overloaded_error|overloaded_error",
                "error_first=rate_limit_error|rate_limit_error",
                "error_at=2|overloaded_error",
                "cut_at=2|api_error",
                "cut_at=2 cut_mode=fin|api_error",
                "truncate_at=2|api_error",
                "content_type=text/html|api_error"
            })
    default void aTemporaryFailureIsRetried(String fault, String type) {
        JobServer server = world().server(new Tuning().withoutRecovery());
        String id = server.submit("sim:events=4 times=1 key=k " + fault).id();

        assertThat(server.wait(id)).isEqualTo(Duration.ofSeconds(10));

        Job waiting = server.get(id);
        assertThat(waiting.status()).isEqualTo(JobStatus.QUEUED);
        assertThat(waiting.error().orElseThrow().type().value()).isEqualTo(type);
        assertThat(waiting.error().orElseThrow().kind())
                .isEqualTo(
                        Stream.of("cut", "truncate", "content_type").anyMatch(fault::startsWith)
                                ? ErrorKind.BROKEN
                                : ErrorKind.REFUSED);
        assertThat(waiting.nextAttemptAt()).contains(now().plusSeconds(10));
        assertThat(waiting.endedAt()).isEmpty();
        assertThat(waiting.attempts()).isEqualTo(1);
        assertThat(waiting.restarts()).isZero();
        world().advance(Duration.ofSeconds(10));
        assertThat(server.step(id)).isEmpty();
        Job job = server.get(id);
        assertThat(job.status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(job.error()).isEmpty();
        assertThat(job.nextAttemptAt()).isEmpty();
        assertThat(job.attempts()).isEqualTo(2);
        assertThat(job.startedAt()).contains(now());
        assertThat(job.streamId()).isPresent().isNotEqualTo(waiting.streamId());
        assertThat(server.changes()).extracting(Job::status).containsExactly(JobStatus.QUEUED, JobStatus.SUCCEEDED);
        assertThat(server.changes()).extracting(Job::revision).isSorted().doesNotHaveDuplicates();
        assertThat(world().requests()).hasSize(2);
    }

    @Test
    default void anAttemptHasTheTimeoutOfItsOptions() throws Exception {
        JobServer server = world().server(new Tuning().withoutRecovery());
        String id = server.bean()
                .submit(JobRequest.of(MessageRequest.of(JobServer.MODEL, 64, "sim:events=4 times=1 key=l stall_at=1"))
                        .withOptions(RequestOptions.none().withTimeout(Duration.ofSeconds(2))))
                .id();
        Future<Optional<Instant>> attempt = server.stepOnThread(id);
        Waiting.until(() -> world().claude().counts().openMessages() == 1);
        server.awaitEvents(id);

        world().pass(Duration.ofMillis(2100));

        assertThat(attempt.get()).contains(now().plusSeconds(10));
        ClaudeException error = server.get(id).error().orElseThrow();
        assertThat(error.type()).isEqualTo(ErrorType.TIMEOUT);
        assertThat(error).hasMessageContaining("within 2 s, the time limit of the request");
        assertThat(world().claude().await(counts -> counts.abortedMessages() == 1, Waiting.LIMIT))
                .isTrue();
        server.step(id);
        assertThat(server.status(id)).isEqualTo(JobStatus.SUCCEEDED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"no_headers=1", "stall_at=1"})
    default void aSilentAttemptIsRetried(String fault) throws Exception {
        JobServer server = world().server(new Tuning().withoutRecovery());
        String id = server.submit("sim:events=4 times=1 key=k " + fault).id();
        Future<Optional<Instant>> attempt = server.stepOnThread(id);
        Waiting.until(() -> world().claude().counts().openMessages() == 1);
        if (fault.startsWith("stall")) {
            server.awaitEvents(id);
        }

        while (!attempt.isDone()) {
            world().passReadTimeout();
            Thread.sleep(5);
        }

        assertThat(attempt.get()).contains(now().plusSeconds(10));
        assertThat(server.get(id).error().orElseThrow().type()).isEqualTo(ErrorType.TIMEOUT);
        assertThat(server.get(id).error().orElseThrow().kind()).isEqualTo(ErrorKind.TIMED_OUT);
        assertThat(world().claude().await(counts -> counts.abortedMessages() == 1, Waiting.LIMIT))
                .isTrue();
        server.step(id);
        assertThat(server.status(id)).isEqualTo(JobStatus.SUCCEEDED);
    }

    /** Within one attempt, if the answer can be continued. */
    @ParameterizedTest
    @ValueSource(strings = {"error_at=2", "cut_at=2 delay_us=20000", "truncate_at=2"})
    default void anAnswerThatBreaksOffIsContinued(String fault) {
        JobServer server = world().server();
        String id = server.submit("sim:events=4 times=1 key=k " + fault).id();

        assertThat(server.step(id)).isEmpty();

        Job job = server.get(id);
        assertThat(job.status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(job.attempts()).isEqualTo(1);
        assertThat(job.message().orElseThrow().text()).contains("i=0;", "i=1;", "i=2;", "i=3;");
        assertThat(server.stream(job).orElseThrow().recoveries()).hasSize(1);
    }

    @Test
    default void theWaitDoublesUpToALimitAndAfterTheLastAttemptTheJobIsDead() {
        JobServer server = world().server(
                        new Tuning()
                                .backoff(Duration.ofSeconds(10), Duration.ofSeconds(60))
                                .maxAttempts(5),
                        0);
        String id = server.submit("sim:status=529").id();

        assertThat(waits(server, id, 4)).containsExactly(10_000L, 20_000L, 40_000L, 60_000L);
        assertThat(server.step(id)).isEmpty();

        Job dead = server.get(id);
        assertThat(dead.status()).isEqualTo(JobStatus.DEAD);
        assertThat(dead.attempts()).isEqualTo(5);
        assertThat(dead.endedAt()).contains(now());
        assertThat(dead.nextAttemptAt()).isEmpty();
        assertThat(dead.error().orElseThrow().type()).isEqualTo(ErrorType.OVERLOADED);
        assertThat(server.step(id)).isEmpty();
        assertThat(world().requests()).hasSize(5);
    }

    private static List<Long> waits(JobServer server, String id, int attempts) {
        var waits = new ArrayList<Long>();
        for (int i = 0; i < attempts; i++) {
            waits.add(server.wait(id).toMillis());
        }
        return waits;
    }

    @ParameterizedTest
    @CsvSource({"0.5,8750,17500", "1,7500,15000"})
    default void jitterShortensTheWait(double chance, long first, long second) {
        JobServer server = world().server(new Tuning(), chance);
        String id = server.submit("sim:status=529").id();

        assertThat(waits(server, id, 2)).containsExactly(first, second);
    }

    @ParameterizedTest
    @CsvSource({
        "retry_after=30,30000",
        "retry_after=3600,3600000",
        "retry_after=3601,10000",
        "retry_after=9,10000",
        "retry_after_ms=10001,10001",
        "retry_after=0,10000"
    })
    default void theRetryAfterOfClaudeIsUsedUpToAnHour(String header, long millis) {
        JobServer server = world().server();
        String id = server.submit("sim:status=429 " + header).id();

        assertThat(waits(server, id, 1)).containsExactly(millis);
    }

    @Test
    default void theRetryAfterOfClaudeIsNotChangedByJitterOrMaxBackoff() {
        JobServer server = world().server(new Tuning().backoff(Duration.ofSeconds(1), Duration.ofSeconds(2)), 1);
        String id = server.submit("sim:status=429 retry_after=30").id();

        assertThat(waits(server, id, 2)).containsExactly(30_000L, 30_000L);
    }

    @Test
    default void aLongErrorIsShortened() {
        JobServer server = world().server();
        String id = server.submit("sim:status=400 error_type=" + "x".repeat(60)).id();
        server.step(id);

        assertThat(server.get(id).error().orElseThrow().type().value()).isEqualTo("x".repeat(60));
    }

    @Test
    default void aServerWithTheMaximumOfStreamsMakesNoAttempt() {
        JobServer full = world().serverWithRoom(1);
        String id = full.submit("sim:events=1").id();

        assertThat(full.wait(id)).isEqualTo(Duration.ofSeconds(10));

        Job job = full.get(id);
        assertThat(job.status()).isEqualTo(JobStatus.QUEUED);
        assertThat(job.attempts()).isZero();
        assertThat(job.error()).isEmpty();
        assertThat(world().requests()).isEmpty();
        world().server().step(id);
        assertThat(full.status(id)).isEqualTo(JobStatus.SUCCEEDED);
    }

    @Test
    default void aFailureBeforeTheRequestIsSentIsNoAttempt() {
        JobServer server = world().server(new Tuning().maxAttempts(1));
        String id = server.submit("sim:events=1").id();
        server.before(() -> {
            throw ClaudeException.of(ErrorType.OVERLOADED, "All connections are in use")
                    .withRetryAfter(Duration.ofSeconds(30));
        });

        assertThat(server.wait(id)).isEqualTo(Duration.ofSeconds(30));

        Job job = server.get(id);
        assertThat(job.status()).isEqualTo(JobStatus.QUEUED);
        assertThat(job.attempts()).isZero();
        assertThat(job.error().orElseThrow().type()).isEqualTo(ErrorType.OVERLOADED);
        assertThat(world().requests()).isEmpty();
        server.step(id);
        assertThat(server.get(id).attempts()).isEqualTo(1);
        assertThat(server.status(id)).isEqualTo(JobStatus.SUCCEEDED);
    }

    @Test
    default void theWaitForCapacityDoesNotGrowWithTheAttempts() {
        JobServer server = world().server();
        String id = server.submit("sim:status=529").id();
        server.step(id);
        server.step(id);
        server.before(() -> {
            throw ClaudeException.of(ErrorType.OVERLOADED, "All connections are in use");
        });

        assertThat(server.wait(id)).isEqualTo(Duration.ofSeconds(10));

        assertThat(server.get(id).attempts()).isEqualTo(2);
    }

    @Test
    default void anOverloadOfClaudeIsAnAttempt() {
        JobServer server = world().server(new Tuning().maxAttempts(1));
        String id = server.submit("sim:status=529").id();

        server.step(id);

        assertThat(server.status(id)).isEqualTo(JobStatus.DEAD);
        assertThat(server.get(id).attempts()).isEqualTo(1);
    }
}
