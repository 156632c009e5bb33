package io.github.claudejakarta.it.beans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import demo.HaikuResource;
import demo.PoemResource;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.Model;
import io.github.claudejakarta.claude.Prices;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.Usage;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.SseEvent;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.stream.Broadcast;
import io.github.claudejakarta.stream.BroadcastEvent;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import io.github.claudejakarta.stream.StreamEnded;
import io.github.claudejakarta.stream.StreamStatus;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.RequestScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Inject;
import jakarta.json.JsonValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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

/** The streaming bean of an application in the same server. */
@ExtendWith(ArquillianExtension.class)
class InjectionIT {

    private static final MessageRequest REQUEST = MessageRequest.of("claude-opus-5-5", 64, Api.PROMPT);

    @Inject
    ClaudeStreamingBean claude;

    @Inject
    Ends ends;

    @Deployment
    static WebArchive war() {
        return RealWar.withTestsInside()
                .addClasses(
                        Api.class,
                        SseEvent.class,
                        Wire.class,
                        FaultTolerance.class,
                        HaikuResource.class,
                        PoemResource.class);
    }

    /** An application's resource that shows a stream to its own clients. */
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

        @GET
        @Path("text")
        @Produces("text/event-stream")
        public void showText(
                @PathParam("id") String id,
                @HeaderParam("Last-Event-ID") String last,
                @Context SseEventSink sink,
                @Context Sse sse) {
            var broadcast = Broadcast.text()
                    .withFirst(
                            BroadcastEvent.of("\n\nunnamed\n"),
                            BroadcastEvent.of("begin", "a\r\n\r\nb\rid: 99\rdata: c\nevent: d"))
                    .withLast(stream -> List.of(BroadcastEvent.of("end", "\n")));
            claude.broadcast(id, last, sink, sse, broadcast);
        }
    }

    /** Records the events that the application receives, and the names and classes that their thread can use. */
    @ApplicationScoped
    public static class Ends {

        private final BlockingQueue<StreamEnded> events = new LinkedBlockingQueue<>();
        private final BlockingQueue<Object> found = new LinkedBlockingQueue<>();
        private final BlockingQueue<StreamEnded> asynchronous = new LinkedBlockingQueue<>();
        private final BlockingQueue<Object> foundAsync = new LinkedBlockingQueue<>();

        void onAsync(@ObservesAsync StreamEnded end) throws NamingException {
            foundAsync.add(InitialContext.doLookup("java:comp/DefaultManagedExecutorService"));
            asynchronous.add(end);
            throw new IllegalStateException("An error of the observer");
        }

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

        StreamEnded nextAsync() throws InterruptedException {
            return asynchronous.poll(10, TimeUnit.SECONDS);
        }

        Object nextFoundAsync() throws InterruptedException {
            return foundAsync.poll(10, TimeUnit.SECONDS);
        }

        void forget() {
            events.clear();
            found.clear();
            asynchronous.clear();
            foundAsync.clear();
        }
    }

    @BeforeEach
    void forget() {
        if (ends != null) { // Absent in a test that runs as a client.
            ends.forget();
        }
    }

    @Inject
    Prices prices;

    private static final String ANSWER = """
            {"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-5-5","content":[{"type":"text","text":"Hello"}],
            "usage":{"input_tokens":3,"output_tokens":1}}""";

    @Test
    void optionsOfARequestReachClaude() throws Exception {
        RequestOptions options = RequestOptions.none()
                .withBeta("b-1")
                .withHeader("x-team", "loans")
                .withApiKey("sk-tenant")
                .withCaller("alice")
                .withCorrelation("order 7");
        try (var upstream = ScriptedUpstream.startForServer()) {
            upstream.answer(
                    Script.json(200, ANSWER),
                    Script.json(200, "{\"input_tokens\":14}"),
                    Wire.begun().write(Wire.STOP));

            assertThat(claude.send(REQUEST, options).text()).isEqualTo("Hello");
            assertThat(claude.countTokens(REQUEST, options)).isEqualTo(14);
            ClaudeStream stream = claude.stream(REQUEST, options);
            stream.message();

            assertThat(stream.owner()).isEqualTo("alice");
            assertThat(stream.correlation()).contains("order 7");
            for (int i = 0; i < 3; i++) {
                ReceivedRequest request = upstream.takeRequest();
                assertThat(request.header("x-api-key")).contains("sk-tenant");
                assertThat(request.header("anthropic-beta")).contains("b-1");
                assertThat(request.header("x-team")).contains("loans");
            }
        }
    }

    @Test
    void aTimeLimitEndsTheRequestToClaude() throws Exception {
        RequestOptions half = RequestOptions.none().withTimeout(Duration.ofMillis(500));
        try (var upstream = ScriptedUpstream.startForServer()) {
            upstream.answer(Script.nothing().stall(), Wire.begun().stall());

            long began = System.nanoTime();
            assertThatThrownBy(() -> claude.send(REQUEST, half))
                    .isInstanceOfSatisfying(
                            ClaudeException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.TIMED_OUT));
            upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(System.nanoTime() - began))
                    .isBetween(Duration.ofMillis(500), Duration.ofSeconds(10));

            ClaudeStream stream = claude.stream(REQUEST, half);
            assertThatThrownBy(stream::message)
                    .isInstanceOfSatisfying(
                            ClaudeException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.TIMED_OUT));
            upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS);
            assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
        }
    }

    @Test
    void sendsAndListsModelsWithoutAStream() throws Exception {
        try (var upstream = ScriptedUpstream.startForServer()) {
            upstream.answer(
                    Script.json(200, ANSWER),
                    Script.json(200, "{\"data\":[{\"id\":\"a\"}],\"has_more\":true,\"last_id\":\"a\"}"),
                    Script.json(200, "{\"data\":[{\"id\":\"b\"}],\"has_more\":false,\"last_id\":\"b\"}"),
                    Script.nothing().stall());

            Object executor = claude.sendAsync(REQUEST)
                    .thenApply(message -> {
                        try {
                            return InitialContext.doLookup("java:comp/DefaultManagedExecutorService");
                        } catch (NamingException e) {
                            throw new IllegalStateException(e);
                        }
                    })
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS);
            assertThat(executor).isNotNull();
            assertThat(claude.models()).extracting(Model::id).containsExactly("a", "b");

            var canceled = claude.sendAsync(REQUEST).toCompletableFuture();
            for (int i = 0; i < 3; i++) {
                upstream.takeRequest();
            }
            ReceivedRequest stalled = upstream.takeRequest();
            canceled.cancel(true);
            stalled.clientGone().get(10, TimeUnit.SECONDS);
        }
        assertThat(prices.of("a-model-without-prices", new Usage(JsonValue.EMPTY_JSON_OBJECT)))
                .isEmpty();
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
    void faultToleranceAppliesToTheBean() {
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
    void throwsErrorsOfClaude() {
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
    void observersReceiveTheEndOfAStream() throws Exception {
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
            assertThat(end.model()).contains(completed.message().model());
            assertThat(end.caller()).isEqualTo("local");

            var failed = claude.stream(REQUEST);
            end = ends.next();
            assertThat(end.id()).isEqualTo(failed.id());
            assertThat(end.status()).isEqualTo(StreamStatus.FAILED);
            assertThat(end.usage()).isEmpty();
            assertThat(end.error())
                    .hasValueSatisfying(error -> assertThat(error.status()).isEqualTo(400));
            assertThat(List.of(ends.nextAsync().id(), ends.nextAsync().id()))
                    .containsExactlyInAnyOrder(completed.id(), failed.id());
        }
    }

    @Test
    void observersHaveTheApplicationsNames() throws Exception {
        try (var upstream = ScriptedUpstream.startForServer()) {
            upstream.answer(Wire.helloScript());

            claude.stream(REQUEST);

            assertThat(ends.nextFound()).isNotNull();
            assertThat(ends.nextFoundAsync()).isNotNull();
        }
    }

    /** The example of the README. */
    @Test
    @RunAsClient
    void theExampleReturnsTextOrEvents() throws Exception {
        try (var upstream = ScriptedUpstream.startForServer()) {
            upstream.answer(Wire.messageScript(), Wire.helloScript());

            assertThat(Api.get("/v1/poem").body()).isEqualTo("Hello");
            var streamed = Api.send(Api.request("/v1/poem").POST(HttpRequest.BodyPublishers.noBody()));

            assertThat(streamed.headers().firstValue("content-type"))
                    .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
            assertThat(streamed.body()).contains("data: Hel\n", "data: lo\n");
        }
    }

    /** The example of docs/application.md, watched like a browser: it reconnects until it gets 204. */
    @Test
    @RunAsClient
    void aReconnectingPageSendsOneRequestToClaude() throws Exception {
        try (var upstream = ScriptedUpstream.startForServer()) {
            var barrier = new Barrier();
            upstream.answer(Wire.begun()
                    .write(Wire.text("lo,\\n world") + Wire.text(" "))
                    .pause(barrier)
                    .write(Wire.text("!") + Wire.STOP));
            var started = Api.send(Api.request("/v1/haiku").POST(HttpRequest.BodyPublishers.noBody()));
            assertThat(started.statusCode()).isEqualTo(201);
            String path = URI.create(started.headers().firstValue("location").orElseThrow())
                    .getPath();

            var text = new StringBuilder();
            var watching = Api.open(Api.request(path, "accept", "text/event-stream"));
            assertThat(watching.headers().firstValue("cache-control")).contains("no-cache");
            assertThat(watching.headers().firstValue("x-accel-buffering")).contains("no");
            String last = read(watching.body(), text, 3);
            assertThat(text).hasToString("Hello,\n world ");
            watching.body().close();
            barrier.release();

            int connections = 1;
            for (var next = Api.open(Api.request(path, "accept", "text/event-stream", "Last-Event-ID", last));
                    next.statusCode() != 204;
                    next = Api.open(Api.request(path, "accept", "text/event-stream", "Last-Event-ID", last))) {
                assertThat(next.statusCode()).isEqualTo(200);
                last = read(next.body(), text, Integer.MAX_VALUE);
                assertThat(++connections).isLessThan(5);
            }

            assertThat(text).hasToString("Hello,\n world !(completed)");
            assertThat(connections).isEqualTo(2);
            assertThat(upstream.requests()).hasSize(1);
            assertThat(Api.get("/v1/haiku/stream_unknown", "accept", "text/event-stream")
                            .statusCode())
                    .isEqualTo(404);
            assertThat(Api.get(path, "accept", "text/event-stream", "Last-Event-ID", "x")
                            .statusCode())
                    .isEqualTo(400);
        }
    }

    /** Reads this number of events, or all, like an {@code EventSource}, and returns the last id. */
    private static String read(InputStream body, StringBuilder text, int events) throws IOException {
        var lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
        String id = null;
        String name = "";
        String data = "";
        int count = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith("id:")) {
                id = line.substring(3).strip();
            } else if (line.startsWith("event:")) {
                name = line.substring(6).strip();
            } else if (line.startsWith("data:")) {
                data += line.substring(5).replaceFirst("^ ", "") + "\n";
            } else if (line.isEmpty() && !data.isEmpty()) {
                String shown = data.substring(0, data.length() - 1);
                text.append(name.isEmpty() ? shown : "(" + shown + ")");
                name = "";
                data = "";
                if (++count == events) {
                    return id;
                }
            }
        }
        return id;
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

    @Test
    @RunAsClient
    void aBroadcastKeepsEveryLineBreak() throws Exception {
        List<String> pieces = List.of("a\n\n\nb", "\n", "c\n", "\n\n", "\n\nd", "e\nf", "g");
        try (var upstream = ScriptedUpstream.startForServer()) {
            upstream.answer(Script.sseHead()
                    .write(Wire.START
                            + pieces.stream()
                                    .map(piece -> Wire.text(piece.replace("\n", "\\n")))
                                    .collect(Collectors.joining())
                            + Wire.STOP));
            var id = Api.startStream();
            Api.endedStream(id);

            var all = SseEvent.parse(Api.get("/v1/it/" + id + "/text", "accept", "text/event-stream")
                    .body());
            var rest = SseEvent.parse(
                    Api.get("/v1/it/" + id + "/text", "accept", "text/event-stream", "Last-Event-ID", "4")
                            .body());

            assertThat(all.subList(0, 2))
                    .containsExactly(
                            new SseEvent("", "message", "\n\nunnamed\n"),
                            new SseEvent("", "begin", "a\n\nb\nid: 99\ndata: c\nevent: d"));
            assertThat(all.subList(2, 9)).extracting(SseEvent::data).containsExactlyElementsOf(pieces);
            assertThat(all.subList(2, 9)).extracting(SseEvent::id).containsExactly("2", "3", "4", "5", "6", "7", "8");
            assertThat(all.get(9)).isEqualTo(new SseEvent("12", "end", "\n"));
            assertThat(rest).isEqualTo(all.subList(5, 10));
        }
    }
}
