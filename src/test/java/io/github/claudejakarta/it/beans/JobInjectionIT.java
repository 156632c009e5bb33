package io.github.claudejakarta.it.beans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.job.Job;
import io.github.claudejakarta.job.JobEnded;
import io.github.claudejakarta.job.JobManagerBean;
import io.github.claudejakarta.job.JobRequest;
import io.github.claudejakarta.job.JobStatus;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Jobs of an application in the same server. */
@ExtendWith(ArquillianExtension.class)
class JobInjectionIT {

    private static final MessageRequest REQUEST = MessageRequest.of("claude-opus-5-5", 64, Api.PROMPT);
    private static final JsonObject TROUBLE =
            Json.createObjectBuilder().add("observer", "fails").build();
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    @Inject
    JobManagerBean jobs;

    @Inject
    EventRecorder recorder;

    @Inject
    UpstreamInside inside;

    private ScriptedUpstream upstream;

    @Deployment
    static WebArchive war() {
        return RealWar.withTestsInside(
                        FaultTolerance.NO_BREAKER,
                        FaultTolerance.NO_RETRIES,
                        "claude.job.max-attempts=1",
                        "claude.webhooks.secret=whsec_dGhlIHNlY3JldCBvZiB0aGUgaW50ZWdyYXRpb24gdGVzdHM=")
                .addClasses(UpstreamInside.class, Api.class, Wire.class, FaultTolerance.class);
    }

    /** Records the events that the application receives. */
    @ApplicationScoped
    public static class EventRecorder {

        private final BlockingQueue<Job> ended = new LinkedBlockingQueue<>();

        void on(@Observes JobEnded event) {
            ended.add(event.job());
            if (event.job().metadata().equals(Optional.of(TROUBLE))) {
                throw new IllegalStateException("An error of the application");
            }
        }

        Job nextEnd() throws InterruptedException {
            return ended.poll(20, TimeUnit.SECONDS);
        }

        List<Job> others() {
            return List.copyOf(ended);
        }

        void forget() {
            ended.clear();
        }
    }

    @BeforeEach
    void start() {
        recorder.forget();
        upstream = inside.forgetful();
    }

    /** The database outlives the deployment, but the upstream of the jobs does not. */
    @AfterEach
    void stop() {
        jobs.list(1000).stream().filter(job -> !job.status().hasEnded()).forEach(job -> jobs.cancel(job.id()));
    }

    @Test
    void returnsAMessageForARequest() throws Exception {
        upstream.answer(Wire.helloScript());
        var metadata = Json.createObjectBuilder().add("case", 4711).build();

        Job submitted = jobs.submit(JobRequest.of(REQUEST).withMetadata(metadata));

        assertThat(submitted.status()).isEqualTo(JobStatus.QUEUED);
        assertThat(submitted.owner()).isEqualTo("local");
        Job ended = jobs.await(submitted.id(), TIMEOUT);
        assertThat(ended.status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(ended.message().map(Message::text)).contains("Hello");
        assertThat(ended.metadata()).contains(metadata);
        assertThat(ended.attempts()).isEqualTo(1);
        assertThat(jobs.find(ended.id())).contains(ended);
        assertThat(jobs.list(1)).extracting(Job::id).containsExactly(ended.id());
        assertThat(jobs.list(1).get(0).message()).isEmpty();
        var sent = upstream.takeRequest().json();
        assertThat(sent.getBoolean("stream")).isTrue();
        assertThat(sent.getJsonArray("messages").getJsonObject(0).getString("content"))
                .isEqualTo(Api.PROMPT);
    }

    @Test
    void aRunningJobIsCanceled() throws Exception {
        upstream.answer(Wire.begun().stall());
        Job job = jobs.submit(REQUEST);
        var sent = upstream.takeRequest();

        assertThat(jobs.cancel(job.id()).status()).isEqualTo(JobStatus.CANCELED);

        assertThat(sent.clientGone().get(10, TimeUnit.SECONDS)).isNotNull();
        assertThat(jobs.await(job.id(), TIMEOUT).status()).isEqualTo(JobStatus.CANCELED);
        assertIs(ErrorType.CONFLICT, () -> jobs.cancel(job.id()));
        assertIs(ErrorType.CONFLICT, () -> jobs.retry(job.id()));
    }

    @Test
    void aDeadJobIsRetried() throws Exception {
        upstream.answer(Script.error(529, "overloaded_error", "Overloaded"), Wire.helloScript());
        Job job = jobs.submit(REQUEST);
        Job dead = jobs.await(job.id(), TIMEOUT);
        assertThat(dead.status()).isEqualTo(JobStatus.DEAD);
        assertThat(dead.error())
                .hasValueSatisfying(error -> assertThat(error.type().value()).isEqualTo("overloaded_error"));

        assertThat(jobs.retry(job.id()).status()).isEqualTo(JobStatus.QUEUED);

        Job ended = jobs.await(job.id(), TIMEOUT);
        assertThat(ended.status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(ended.error()).isEmpty();
        assertIs(ErrorType.CONFLICT, () -> jobs.retry(job.id()));
    }

    @Test
    void awaitEndsAfterItsTimeLimit() throws Exception {
        upstream.answer(Wire.begun().stall());
        Job job = jobs.submit(REQUEST);

        assertIs(ErrorType.TIMEOUT, () -> jobs.await(job.id(), Duration.ofMillis(200)));
        assertIs(ErrorType.TIMEOUT, () -> jobs.await(job.id(), Duration.ZERO));
    }

    @Test
    void anUnknownJobIsNotFound() {
        assertThat(jobs.find("job_none")).isEmpty();
        for (var call : List.<ThrowingCallable>of(
                () -> jobs.await("job_none", TIMEOUT), () -> jobs.cancel("job_none"), () -> jobs.retry("job_none"))) {
            assertIs(ErrorType.NOT_FOUND, call);
        }
    }

    @Test
    void invalidCallbackUrlsAreRejected() {
        var before = ids();

        for (String url :
                List.of("http://example.com/", "https://10.0.0.1/", "https://localhost/", "mailto:a@example.com")) {
            assertIs(
                    ErrorType.INVALID_REQUEST,
                    () -> jobs.submit(JobRequest.of(REQUEST).withCallback(URI.create(url))));
        }
        assertIs(
                ErrorType.INVALID_REQUEST,
                () -> jobs.submit(JobRequest.of(REQUEST)
                        .withMetadata(Json.createObjectBuilder()
                                .add("a", "x".repeat(8_000))
                                .build())));
        assertThat(ids()).isEqualTo(before);
        assertThat(upstream.requests()).isEmpty();
    }

    private List<String> ids() {
        return jobs.list(1000).stream().map(Job::id).toList();
    }

    private static void assertIs(ErrorType type, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ClaudeException.class, e -> assertThat(e.type()).isEqualTo(type));
    }

    // Events.

    @Test
    void observersReceiveEachEndOnce() throws Exception {
        upstream.answer(Script.error(400, "invalid_request_error", "no"), Wire.helloScript());
        Job job = jobs.submit(REQUEST);

        Job failed = recorder.nextEnd();
        jobs.retry(job.id());
        Job succeeded = recorder.nextEnd();

        assertThat(failed.id()).isEqualTo(job.id());
        assertThat(failed.status()).isEqualTo(JobStatus.FAILED);
        assertThat(failed.error())
                .hasValueSatisfying(error -> assertThat(error.errorMessage()).isEqualTo("no"));
        assertThat(succeeded.status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(succeeded.message().map(Message::text)).contains("Hello");
        assertThat(jobs.find(job.id())).contains(succeeded);
        assertThat(recorder.others()).isEmpty();
    }

    @Test
    void observersReceiveCancellations() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier), Wire.helloScript());
        Job running = jobs.submit(REQUEST);
        barrier.awaitReached();

        jobs.cancel(running.id());

        assertThat(recorder.nextEnd())
                .extracting(Job::id, Job::status)
                .containsExactly(running.id(), JobStatus.CANCELED);
        // The canceled attempt sends no event either.
        Job next = jobs.submit(REQUEST);
        assertThat(recorder.nextEnd().id()).isEqualTo(next.id());
        assertThat(recorder.others()).isEmpty();
    }

    @Test
    void anObserverThatFailsDoesNoHarm() throws Exception {
        upstream.answer(Wire.helloScript(), Wire.begun().stall());
        Job job = jobs.submit(JobRequest.of(REQUEST).withMetadata(TROUBLE));
        assertThat(recorder.nextEnd().id()).isEqualTo(job.id());
        assertThat(jobs.await(job.id(), TIMEOUT).status()).isEqualTo(JobStatus.SUCCEEDED);

        Job running = jobs.submit(JobRequest.of(REQUEST).withMetadata(TROUBLE));

        assertThat(jobs.cancel(running.id()).status()).isEqualTo(JobStatus.CANCELED);
        assertThat(recorder.nextEnd().id()).isEqualTo(running.id());
        assertThat(jobs.find(job.id()))
                .hasValueSatisfying(one -> assertThat(one.attempts()).isEqualTo(1));
    }

    // The database.
}
