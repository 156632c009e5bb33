package io.github.claudejakarta.it.beans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.SseEvent;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import io.github.claudejakarta.stream.StreamEnded;
import io.github.claudejakarta.stream.StreamStatus;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.RequestScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The bean, in the hands of an application in the same server. */
@ExtendWith(ArquillianExtension.class)
class InjectionIT {

    private static final MessageRequest REQUEST = MessageRequest.of("claude-opus-5-5", 64, Api.PROMPT);

    @Inject
    ClaudeStreamingBean claude;

    @Inject
    Ends ends;

    @Deployment
    static WebArchive war() {
        return RealWar.withTestsInside().addClasses(Api.class, SseEvent.class, Wire.class, FaultTolerance.class);
    }

    /** An application's own page that shows a stream to its own clients. */
    @Path("/it/{id}")
    @RequestScoped
    public static class Page {

        @Inject
        private ClaudeStreamingBean claude;

        @GET
        @Produces("text/event-stream")
        public void show(
                @PathParam("id") String id,
                @HeaderParam("Last-Event-ID") String last,
                @Context SseEventSink sink,
                @Context Sse sse) {
            claude.broadcast(id, last, sink, sse);
        }
    }

    /** What the application is told, and what it finds on the thread on which it is told. */
    @ApplicationScoped
    public static class Ends {

        private final BlockingQueue<StreamEnded> events = new LinkedBlockingQueue<>();
        private final BlockingQueue<Object> found = new LinkedBlockingQueue<>();

        void on(@Observes StreamEnded end) throws NamingException {
            found.add(InitialContext.doLookup("java:comp/DefaultManagedExecutorService"));
            events.add(end);
        }

        StreamEnded next() throws InterruptedException {
            return events.poll(10, TimeUnit.SECONDS);
        }

        Object nextFound() throws InterruptedException {
            return found.poll(10, TimeUnit.SECONDS);
        }

        void forget() {
            events.clear();
            found.clear();
        }
    }

    @BeforeEach
    void forget() {
        if (ends != null) { // not where a test runs as client
            ends.forget();
        }
    }

    @Test
    void streamsEventsToAnyNumberOfReaders() throws Exception {
        try (var upstream = ScriptedUpstream.startForServer()) {
            var barrier = new Barrier();
            upstream.answer(Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));

            var stream = claude.stream(REQUEST);

            assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
            var readers = new ArrayList<CompletableFuture<List<StreamEvent>>>();
            for (int i = 0; i < 5; i++) {
                readers.add(CompletableFuture.supplyAsync(
                        () -> {
                            var events = new ArrayList<StreamEvent>();
                            stream.events().forEach(events::add);
                            return events;
                        },
                        task -> new Thread(task).start()));
            }
            barrier.awaitReached();
            barrier.release();
            for (var reader : readers) {
                assertThat(reader.get(10, TimeUnit.SECONDS))
                        .hasSize(7)
                        .first()
                        .isInstanceOf(StreamEvent.MessageStart.class);
                assertThat(reader.get()).last().isInstanceOf(StreamEvent.MessageStop.class);
            }
            assertThat(stream.text().collect(Collectors.toList())).containsExactly("Hel", "lo");
            assertThat(stream.message()
                            .json()
                            .getJsonArray("content")
                            .getJsonObject(0)
                            .getString("text"))
                    .isEqualTo("Hello");
            assertThat(claude.find(stream.id()))
                    .hasValueSatisfying(found -> assertThat(found.eventCount()).isEqualTo(7));
            assertThat(claude.streams()).first().extracting(one -> one.id()).isEqualTo(stream.id());
            assertThat(upstream.takeRequest().headerValues("x-api-key")).containsExactly("sk-ant-it");
        }
    }

    @Test
    void sendsWithoutStreaming() {
        try (var upstream = ScriptedUpstream.startForServer()) {
            upstream.answer(Wire.messageScript());

            assertThat(claude.send(REQUEST).json().getString("id")).isEqualTo("msg_it");
            assertThat(upstream.requests().get(0).json().getBoolean("stream", false))
                    .isFalse();
        }
    }

    @Test
    void faultToleranceFiresForTheBeanToo() {
        try (var upstream = ScriptedUpstream.startForServer()) {
            upstream.answer(
                    Script.error(529, "overloaded_error", "Overloaded", "retry-after-ms: 1"),
                    Wire.messageScript(),
                    Script.error(529, "overloaded_error", "Overloaded", "retry-after-ms: 1"),
                    Wire.helloScript());

            assertThat(claude.send(REQUEST).json().getString("id")).isEqualTo("msg_it");
            assertThat(claude.stream(REQUEST).text().collect(Collectors.joining()))
                    .isEqualTo("Hello");
            assertThat(upstream.requests()).hasSize(4);
        }
    }

    @Test
    void throwsWhatClaudeRefuses() {
        try (var upstream = ScriptedUpstream.startForServer()) {
            upstream.otherwise(request -> Script.error(404, "not_found_error", "model: none"));

            assertThatThrownBy(() -> claude.send(REQUEST)).isInstanceOfSatisfying(ClaudeException.class, e -> {
                assertThat(e.status()).isEqualTo(404);
                assertThat(e.type()).isEqualTo(ErrorType.NOT_FOUND);
                assertThat(e.requestId()).contains("req_scripted");
            });
            var stream = claude.stream(REQUEST);
            assertThatThrownBy(stream::message)
                    .isInstanceOfSatisfying(
                            ClaudeException.class, e -> assertThat(e.type()).isEqualTo(ErrorType.NOT_FOUND));
            assertThatThrownBy(() -> stream.text().count()).isInstanceOf(ClaudeException.class);
            assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
        }
    }

    @Test
    void cancels() throws Exception {
        try (var upstream = ScriptedUpstream.startForServer()) {
            upstream.answer(Wire.begun().stall());
            var stream = claude.stream(REQUEST);
            var events = stream.events().iterator();
            events.next();

            stream.cancel();

            assertThat(upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS))
                    .isNotNull();
            StreamEvent last = null;
            while (events.hasNext()) {
                last = events.next();
            }
            assertThat(last).isInstanceOf(StreamEvent.Error.class);
            assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
            assertThatThrownBy(stream::message).isInstanceOf(ClaudeException.class);
        }
    }

    @Test
    void tellsObserversWhenAStreamHasEnded() throws Exception {
        try (var upstream = ScriptedUpstream.startForServer()) {
            upstream.answer(Wire.helloScript(), Script.error(400, "invalid_request_error", "No"));

            var completed = claude.stream(REQUEST);
            var end = ends.next();
            assertThat(end.id()).isEqualTo(completed.id());
            assertThat(end.status()).isEqualTo(StreamStatus.COMPLETED);
            assertThat(end.usage())
                    .hasValueSatisfying(usage ->
                            assertThat(usage.json().getInt("output_tokens")).isEqualTo(5));
            assertThat(end.elapsed()).isPositive();

            var failed = claude.stream(REQUEST);
            end = ends.next();
            assertThat(end.id()).isEqualTo(failed.id());
            assertThat(end.status()).isEqualTo(StreamStatus.FAILED);
            assertThat(end.usage()).isEmpty();
        }
    }

    @Test
    void observersHaveTheApplicationsNames() throws Exception {
        try (var upstream = ScriptedUpstream.startForServer()) {
            upstream.answer(Wire.helloScript());

            claude.stream(REQUEST);

            assertThat(ends.nextFound()).isNotNull();
        }
    }

    @Test
    @RunAsClient
    void broadcastsIntoAnApplicationsOwnSink() throws Exception {
        try (var upstream = ScriptedUpstream.startForServer()) {
            upstream.answer(Wire.helloScript());
            var id = Api.startStream();
            Api.endedStream(id);

            var all = Api.send(Api.request("/v1/it/" + id, "accept", "text/event-stream"));
            var rest = Api.send(Api.request("/v1/it/" + id, "accept", "text/event-stream", "Last-Event-ID", "3"));

            assertThat(SseEvent.parse(all.body())).isEqualTo(Api.events(id));
            assertThat(SseEvent.parse(rest.body())).isEqualTo(Api.events(id).subList(4, 7));
            assertThat(Api.get("/v1/it/stream_unknown", "accept", "text/event-stream")
                            .statusCode())
                    .isEqualTo(404);
        }
    }
}
