package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.BufferedBody;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessagesBody;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.UnparsedToolInput;
import io.github.claudejakarta.claude.http.ForwardedHeaders;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryReservation;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.web.BodyReader;
import io.github.claudejakarta.web.BodyReservation;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.ClientWatch;
import io.github.claudejakarta.web.ContentLength;
import io.github.claudejakarta.web.Page;
import io.github.claudejakarta.web.PageRequest;
import io.github.claudejakarta.web.PublicUrl;
import io.github.claudejakarta.web.RateLimited;
import io.github.claudejakarta.web.ServedRequest;
import io.github.claudejakarta.web.UpgradeRequired;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.core.StreamingOutput;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/**
 * Serves {@code /v1/streams}: streams that continue without their first client, with any number of watchers, which can
 * resume.
 */
public abstract class StreamsResource {

    private static final String LAST_EVENT_ID = "Last-Event-ID";

    @Inject
    private Streams streams;

    @Inject
    private WorkerThreads threads;

    @Inject
    private ClientWatch clients;

    @Inject
    private RecoverySettings recovery;

    @Inject
    private PublicUrl publicUrl;

    @Context
    private SecurityContext security;

    @Context
    private HttpHeaders headers;

    @Context
    private UriInfo uri;

    @Context
    private HttpServletRequest request;

    /** Starts a stream that runs without clients. */
    @POST
    @RateLimited
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    public Response create(InputStream body) {
        BodyReservation memory = BodyReservation.of(request);
        MessagesBody message = BodyReader.messages(body, ContentLength.of(headers), memory);
        ClaudeStream stream = streams.start(ClaudeRequest.stream(
                        new BufferedBody(message.streamingBytes(memory::exactly), memory::close))
                .withHeaders(ForwardedHeaders.upstream(headers.getRequestHeaders()))
                .withCaller(caller().name())
                .withModel(message.model())
                .withRecovery(RecoveryMode.of(headers.getHeaderString(RecoveryMode.HEADER), recovery.ofStreams())));
        // This request ends long before Claude has received the body. The stream closes the body.
        ServedRequest.of(request).handOver(memory);
        return Response.created(publicUrl.of(uri, "streams/" + stream.id()))
                .entity(json(stream, Optional.of(MemoryReservation.UNLIMITED)))
                .build();
    }

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public JsonObject list(
            @QueryParam("limit") String limit,
            @QueryParam("after_id") String afterId,
            @QueryParam("before_id") String beforeId) {
        Caller caller = caller();
        var mine = streams.list().stream()
                .filter(stream -> caller.canSee(stream.owner()))
                .toList();
        return Page.of(mine, ClaudeStream::id, PageRequest.of(limit, afterId, beforeId))
                .json(ClaudeStream::id, stream -> json(stream, Optional.empty()));
    }

    /** Returns the status of the stream and the message so far. */
    @GET
    @Path("{id}")
    @Produces(MediaType.APPLICATION_JSON)
    public void get(@PathParam("id") String id, @Suspended AsyncResponse response) {
        show(find(id), response);
    }

    /**
     * Answers with the stream and its message, on a worker thread. The server has few threads of its own, and a client
     * that reads nothing occupies one for a minute.
     */
    private void show(ClaudeStream stream, AsyncResponse response) {
        BodyReservation memory = BodyReservation.of(request);
        threads.execute(() -> {
            try {
                response.resume(json(stream, Optional.of(memory)));
            } catch (RuntimeException | Error e) {
                response.resume(e);
            }
        });
    }

    /**
     * Returns the headers for monitors and proxies. Without this method, JAX-RS would run the {@code GET}, which waits
     * for the stream's end.
     */
    @HEAD
    @Path("{id}")
    public Response head(@PathParam("id") String id) {
        find(id);
        return Response.ok().type(MediaType.APPLICATION_JSON_TYPE).build();
    }

    /** Sends all events, or those after the client's last event, and continues live. */
    @GET
    @Path("{id}")
    @Produces(MediaType.SERVER_SENT_EVENTS + ";qs=0.5")
    public void events(
            @PathParam("id") String id,
            @HeaderParam(LAST_EVENT_ID) String lastEventId,
            @QueryParam("after") String after,
            @Context HttpServletResponse response,
            @Context SseEventSink sink,
            @Context Sse sse) {
        ClaudeStream stream = find(id);
        int from = from(stream, lastEventId, after);
        Broadcast.HEADERS.forEach(response::setHeader);
        ClientConnection connection = ClientConnection.of(request);
        threads.execute(() -> SinkOutput.join(streams, stream, from, Broadcast.events(), sink, sse, connection)
                .run());
    }

    /**
     * Sends the text only, as it arrives. Until the first byte, the server checks whether the client is still
     * connected, because nothing is written during that time.
     */
    @GET
    @Path("{id}")
    @Produces(MediaType.TEXT_PLAIN + ";qs=0.4")
    public void text(
            @PathParam("id") String id,
            @HeaderParam(LAST_EVENT_ID) String lastEventId,
            @QueryParam("after") String after,
            @Suspended AsyncResponse response) {
        ClaudeStream stream = find(id);
        int from = from(stream, lastEventId, after);
        ClientConnection connection = ClientConnection.of(request);
        threads.execute(() -> {
            FirstEvent first = streams.firstEvent(stream);
            try (ClientWatch.Waiting waiting = clients.watch(connection, why -> first.stopWaiting())) {
                first.await();
                waiting.requireClient();
                response.resume(Response.ok((StreamingOutput) out ->
                                streams.watch(stream, from, text(waiting.untilFirstByte(out), waiting), connection))
                        .type(MediaType.TEXT_PLAIN_TYPE.withCharset("utf-8"))
                        .header(HttpHeaders.CACHE_CONTROL, "no-cache")
                        .header("X-Accel-Buffering", "no")
                        .build());
                streams.compactIfEnded(stream);
            } catch (RuntimeException | Error e) {
                response.resume(e);
            }
        });
    }

    private TextOutput text(OutputStream out, ClientWatch.Waiting waiting) {
        return new TextOutput(out, leave -> waiting.onLeave(() -> threads.executeShort(leave)));
    }

    /** Rejects a request without WebSocket. */
    @GET
    @Path("{id}/socket")
    public void socket() {
        throw new UpgradeRequired();
    }

    /** Cancels the stream. Watchers get an {@code error} event. */
    @DELETE
    @Path("{id}")
    @Produces(MediaType.APPLICATION_JSON)
    public void cancel(@PathParam("id") String id, @Suspended AsyncResponse response) {
        ClaudeStream stream = find(id);
        stream.cancel();
        show(stream, response);
    }

    private ClaudeStream find(String id) {
        Caller caller = caller();
        return streams.find(id)
                .filter(stream -> caller.canSee(stream.owner()))
                .orElseThrow(() -> Streams.noSuchStream(id));
    }

    private Caller caller() {
        return Caller.of(security);
    }

    /**
     * Returns the event to begin with. Throws 204 if no event follows and the stream has ended, because an
     * {@code EventSource} stops at 204.
     */
    private static int from(ClaudeStream stream, String lastEventId, String after) {
        boolean isEnded = stream.status() != StreamStatus.RUNNING;
        int from = LastEventId.of(lastEventId, after).next(stream);
        if (isEnded && from == stream.eventCount()) {
            throw new WebApplicationException(Response.noContent().build());
        }
        return from;
    }

    /**
     * Returns the stream as JSON.
     *
     * @param memory reserved for the message; empty to leave out the message
     */
    private static JsonObject json(ClaudeStream stream, Optional<MemoryReservation> memory) {
        JsonObjectBuilder json = Json.createObjectBuilder()
                .add("id", stream.id())
                .add("type", "stream")
                .add("status", stream.status().toString())
                .add("created_at", stream.createdAt().toString());
        addOrNull(json, "ended_at", stream.endedAt().map(end -> Json.createValue(end.toString())));
        json.add("events", stream.eventCount()).add("subscribers", stream.subscribers());
        if (memory.isPresent()) {
            // The message is part of its events, and is in memory until the client has read it.
            memory.get().atLeast(stream.length());
            Optional<Message> message = stream.messageSoFar();
            addOrNull(json, "message", message.map(Message::json));
            message.ifPresent(one -> UnparsedToolInput.addTo(json, one.unparsedToolInputs()));
        }
        addOrNull(
                json,
                "error",
                stream.error()
                        .map(error -> Json.createObjectBuilder()
                                .add("type", error.type().value())
                                .add("message", error.errorMessage())
                                .build()));
        if (stream.recovery() == RecoveryMode.CONTINUE) {
            var places = Json.createArrayBuilder();
            stream.recoveries()
                    .forEach(place -> places.add(Json.createObjectBuilder()
                            .add("after", place.after())
                            .add("reason", place.reason().value())
                            .add("usage", place.usage().json())));
            json.add("recoveries", places);
        }
        return json.build();
    }

    private static void addOrNull(JsonObjectBuilder json, String key, Optional<? extends JsonValue> value) {
        json.add(key, value.isPresent() ? value.get() : JsonValue.NULL);
    }
}
