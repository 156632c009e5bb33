package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonPull;
import io.github.claudejakarta.claude.http.CallSequence;
import io.github.claudejakarta.claude.http.ForwardedHeaders;
import io.github.claudejakarta.durable.Listing;
import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.runtime.MemoryReservation;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.web.BodyReader;
import io.github.claudejakarta.web.BodyReservation;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.ClientWatch;
import io.github.claudejakarta.web.Heartbeat;
import io.github.claudejakarta.web.IdempotencyKey;
import io.github.claudejakarta.web.PageRequest;
import io.github.claudejakarta.web.PublicUrl;
import io.github.claudejakarta.web.RateLimited;
import io.github.claudejakarta.webhook.DeliveriesResource;
import io.github.claudejakarta.webhook.Webhooks;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.stream.JsonParser;
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
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.logging.Logger;
import java.util.stream.Stream;

/** The resource {@code /v1/batches}: batches of any size, which the server follows to their end. */
public abstract class BatchesResource {

    private static final Logger LOG = Logger.getLogger(BatchesResource.class.getName());
    private static final String JSON_LINES = "application/x-jsonl";
    private static final List<MediaType> JSON_TYPES = Stream.of(
                    JSON_LINES,
                    "application/x-ndjson",
                    "application/ndjson",
                    "application/jsonl",
                    MediaType.APPLICATION_JSON)
            .map(MediaType::valueOf)
            .toList();
    private static final String CSV = "text/csv";
    private static final MediaType CSV_UTF_8 = MediaType.valueOf(CSV + ";charset=utf-8");
    /** The maximum size in bytes of a body that resolves a part. */
    private static final int MAX_RESOLVE_BYTES = 64 << 10;

    @Inject
    private BatchManagerBean batches;

    @Inject
    private Webhooks webhooks;

    @Inject
    private WorkerThreads threads;

    @Inject
    private ClientWatch clients;

    @Inject
    private Heartbeat heartbeat;

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

    /** Submits a batch in Anthropic's format. */
    @POST
    @RateLimited(tokens = false)
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    public Response submitJson(InputStream body, @HeaderParam(IdempotencyKey.HEADER) String key) {
        return submit(key, () -> new JsonArrayReader(body, BodyReservation.of(request)));
    }

    /** Submits a batch with one request per line. */
    @POST
    @RateLimited(tokens = false)
    @Consumes({"application/x-ndjson", "application/ndjson", "application/jsonl", JSON_LINES})
    @Produces(MediaType.APPLICATION_JSON)
    public Response submitJsonLines(InputStream body, @HeaderParam(IdempotencyKey.HEADER) String key) {
        return submit(key, () -> new JsonLinesReader(body, BodyReservation.of(request)));
    }

    /** Submits a batch with one request per row. Parameters of the query apply to all rows that have no own value. */
    @POST
    @RateLimited(tokens = false)
    @Consumes(CSV)
    @Produces(MediaType.APPLICATION_JSON)
    public Response submitCsv(
            InputStream body,
            @HeaderParam(IdempotencyKey.HEADER) String key,
            @QueryParam("model") String model,
            @QueryParam("system") String system,
            @QueryParam("max_tokens") String maxTokens) {
        var defaults = new CsvRequestReader.Defaults(nonBlank(model), nonBlank(system), nonBlank(maxTokens));
        Charset charset = charset();
        return submit(key, () -> new CsvRequestReader(body, charset, defaults, BodyReservation.of(request)));
    }

    private static Optional<String> nonBlank(String parameter) {
        return Optional.ofNullable(parameter).filter(value -> !value.isBlank());
    }

    /** Returns the character set of the body. NegotiationFilter has checked that it exists. */
    private Charset charset() {
        String name = headers.getMediaType().getParameters().get(MediaType.CHARSET_PARAMETER);
        return name == null ? StandardCharsets.UTF_8 : Charset.forName(name);
    }

    private Response submit(String key, Supplier<RequestReader> requests) {
        var submitter = new Submitter(
                caller().name(),
                StoredHeaders.of(ForwardedHeaders.upstream(headers.getRequestHeaders())),
                IdempotencyKey.of(key),
                nonBlank(uri.getQueryParameters().getFirst("callback_url")),
                server());
        return accepted(batches.submitFor(submitter, requests));
    }

    private Response accepted(Batch batch) {
        return Response.accepted(batch.json(server()))
                .location(publicUrl.of(uri, "batches/" + batch.id()))
                .build();
    }

    /** Lists the batches of the caller, newest first. */
    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public JsonObject list(
            @QueryParam("status") String status,
            @QueryParam("limit") String limit,
            @QueryParam("after_id") String afterId,
            @QueryParam("before_id") String beforeId) {
        URI server = server();
        return batches.page(new Listing.Query(
                        caller(),
                        Optional.ofNullable(status).map(text -> status(text).toString()),
                        PageRequest.of(limit, afterId, beforeId)))
                .json(Batch::id, batch -> batch.json(server));
    }

    private static BatchStatus status(String text) {
        try {
            return BatchStatus.of(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw ClaudeException.of(
                            ErrorType.INVALID_REQUEST,
                            "status: Input should be submitting, in_progress, canceling, ended or failed")
                    .withCause(e);
        }
    }

    @GET
    @Path("{id}")
    @Produces(MediaType.APPLICATION_JSON)
    public JsonObject get(@PathParam("id") String id) {
        return find(id).json(server());
    }

    /** Sends the state of a batch and then each change, until the batch ends. */
    @GET
    @Path("{id}/events")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public void events(
            @PathParam("id") String id,
            @HeaderParam("Last-Event-ID") String lastEventId,
            @QueryParam("after") String after,
            @Context HttpServletResponse response,
            @Context SseEventSink sink,
            @Context Sse sse) {
        Batch batch = find(id);
        long last = lastEvent(batch, lastEventId == null ? after : lastEventId);
        if (batch.status().hasEnded() && last == batch.revision()) {
            throw new WebApplicationException(Response.noContent().build());
        }
        response.setHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
        response.setHeader("X-Accel-Buffering", "no");
        var watch = new BatchWatch(batches, heartbeat.interval(), server(), sink, sse);
        threads.execute(() -> watch.run(id, last));
    }

    /** Answers monitors, which send HEAD: a GET would wait for the end of the batch. */
    @HEAD
    @Path("{id}/events")
    public Response headEvents(@PathParam("id") String id) {
        find(id);
        return Response.ok().type(MediaType.SERVER_SENT_EVENTS_TYPE).build();
    }

    private static long lastEvent(Batch batch, String text) {
        if (text == null || text.isBlank()) {
            return -1;
        }
        if (!text.strip().matches("[0-9]{1,18}") || Long.parseLong(text.strip()) > batch.revision()) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    "Last-Event-ID: this batch has no event " + text + ". Use an id that was received, or omit it");
        }
        return Long.parseLong(text.strip());
    }

    /**
     * Answers monitors and proxies, which send HEAD. Without this method, JAX-RS would download all results and discard
     * them.
     */
    @HEAD
    @Path("{id}/results")
    @Produces({JSON_LINES, "application/x-ndjson", "application/ndjson", "application/jsonl", MediaType.APPLICATION_JSON
    })
    public Response resultsHead(@PathParam("id") String id) {
        return resultsHead(id, acceptedJson());
    }

    @HEAD
    @Path("{id}/results")
    @Produces(CSV + ";charset=utf-8;qs=0.5")
    public Response resultsCsvHead(@PathParam("id") String id) {
        return resultsHead(id, CSV_UTF_8);
    }

    private Response resultsHead(String id, MediaType type) {
        BatchManagerBean.requireResults(find(id));
        return Response.ok().type(type).build();
    }

    /** Returns one result per line, or one JSON array for clients that read whole documents. */
    @GET
    @Path("{id}/results")
    @Produces({JSON_LINES, "application/x-ndjson", "application/ndjson", "application/jsonl", MediaType.APPLICATION_JSON
    })
    public void results(@PathParam("id") String id, @Suspended AsyncResponse response) {
        MediaType type = acceptedJson();
        download(
                id,
                type,
                response,
                type.equals(MediaType.APPLICATION_JSON_TYPE) ? BatchResults::writeJson : BatchResults::writeJsonLines);
    }

    /**
     * Returns the first accepted type of {@link #JSON_TYPES}. JAX-RS does not define which of several types it chooses,
     * and generated clients list JSON first. JSON next to a wildcard is no preference: HTTP clients add
     * {@code application/json, text/plain, *}{@code /*} to every request, and get lines.
     */
    private MediaType acceptedJson() {
        List<MediaType> accepted = headers.getAcceptableMediaTypes().stream()
                .filter(type -> !isRefused(type))
                .map(type -> new MediaType(type.getType(), type.getSubtype()))
                .filter(type -> JSON_TYPES.stream().anyMatch(type::isCompatible))
                .toList();
        boolean isAny = accepted.stream().anyMatch(MediaType::isWildcardSubtype);
        return accepted.stream()
                .findFirst()
                .filter(type -> !type.isWildcardSubtype() && !(isAny && type.equals(MediaType.APPLICATION_JSON_TYPE)))
                .orElse(JSON_TYPES.get(0));
    }

    private static boolean isRefused(MediaType type) {
        return type.getParameters().getOrDefault("q", "").matches("0(\\.0*)?");
    }

    @GET
    @Path("{id}/results")
    @Produces(CSV + ";charset=utf-8;qs=0.5")
    public void resultsCsv(@PathParam("id") String id, @Suspended AsyncResponse response) {
        download(id, CSV_UTF_8, response, BatchResults::writeCsv);
    }

    private interface ResultsWriter {
        void write(BatchResults results, OutputStream out) throws IOException;
    }

    private void download(String id, MediaType type, AsyncResponse response, ResultsWriter writer) {
        find(id);
        ClientConnection connection = ClientConnection.of(request);
        threads.execute(() -> {
            var calls = new CallSequence();
            // Closed here, because the results are never written to a client that has left.
            try (ClientWatch.Waiting waiting = clients.watch(connection, calls::cancel);
                    BatchResults results = batches.openResults(id, calls)) {
                response.resume(Response.ok(
                                (StreamingOutput)
                                        out -> write(results, waiting.untilFirstByte(out), writer, connection),
                                type)
                        .build());
            } catch (IOException | RuntimeException | Error e) {
                response.resume(e);
            }
        });
    }

    /** Writes the results. If they break off, the connection is cut, so that the response does not look complete. */
    private static void write(BatchResults results, OutputStream out, ResultsWriter writer, ClientConnection connection)
            throws IOException {
        try {
            writer.write(results, out);
        } catch (ResultLines.Broken | ClaudeException e) {
            LOG.info(() -> "A download of batch results broke off: " + e.getMessage());
            if (!connection.cut()) {
                // It is Claude's failure. Any other exception would be logged as a failure of this server.
                throw ClaudeException.of(ErrorKind.BROKEN, ErrorType.API, e.getMessage())
                        .withCause(e);
            }
        }
    }

    @POST
    @Path("{id}/cancel")
    @Produces(MediaType.APPLICATION_JSON)
    public JsonObject cancel(@PathParam("id") String id) {
        find(id);
        return batches.cancel(id).json(server());
    }

    /**
     * Resubmits requests of a batch.
     *
     * @param include {@code canceled} to resubmit canceled requests too; null otherwise
     */
    @POST
    @RateLimited(tokens = false)
    @Path("{id}/resubmit")
    @Produces(MediaType.APPLICATION_JSON)
    public Response resubmit(@PathParam("id") String id, @QueryParam("include") String include) {
        find(id);
        if (include != null && !include.equals("canceled")) {
            throw ClaudeException.of(ErrorType.INVALID_REQUEST, "include: Input should be canceled");
        }
        return accepted(batches.resubmit(id, include != null));
    }

    /**
     * Resolves a part by the choice of a person: <code>{"message_batch_id":"msgbatch_..."}</code>, or {@code null} if
     * Claude has no message batch for the part.
     */
    @POST
    @Path("{id}/parts/{number}/resolve")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    public JsonObject resolve(@PathParam("id") String id, @PathParam("number") String number, InputStream body) {
        find(id);
        if (!number.matches("[0-9]{1,9}")) {
            throw ClaudeException.of(ErrorType.NOT_FOUND, "There is no part " + number + " of " + id);
        }
        return batches.resolve(id, Integer.parseInt(number), messageBatchId(body))
                .json(server());
    }

    private static String messageBatchId(InputStream body) {
        byte[] bytes = BodyReader.bytes(body, -1, MAX_RESOLVE_BYTES, MemoryReservation.UNLIMITED);
        var id = new ResolveBody();
        try {
            JsonPull.object(bytes, 0, bytes.length, id::read);
        } catch (IllegalArgumentException e) {
            throw ClaudeException.of(ErrorType.INVALID_REQUEST, "The request body is " + e.getMessage())
                    .withCause(e);
        }
        if (!id.isValid) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    "message_batch_id: Input should be the id of a message batch of Claude, or null");
        }
        return id.value;
    }

    /** The body of a request to resolve a part: the message batch that it names, or null. */
    private static final class ResolveBody {

        private boolean isValid;
        private String value;

        boolean read(String name, JsonParser.Event event, JsonParser parser) {
            if (name.equals("message_batch_id")) {
                value = event == JsonParser.Event.VALUE_STRING ? parser.getString() : null;
                isValid = value == null ? event == JsonParser.Event.VALUE_NULL : value.matches("[A-Za-z0-9_-]{1,100}");
            }
            return false;
        }
    }

    @DELETE
    @Path("{id}")
    @Produces(MediaType.APPLICATION_JSON)
    public JsonObject delete(@PathParam("id") String id) {
        find(id);
        batches.delete(id);
        return Json.createObjectBuilder()
                .add("id", id)
                .add("type", "batch_deleted")
                .build();
    }

    @Path("{id}/deliveries")
    public DeliveriesResource deliveries(@PathParam("id") String id) {
        return new DeliveriesResource(webhooks, find(id).id());
    }

    private Batch find(String id) {
        Caller caller = caller();
        return batches.find(id)
                .filter(batch -> caller.canSee(batch.owner()))
                .orElseThrow(() -> BatchManagerBean.noSuchBatch(id));
    }

    private Caller caller() {
        return Caller.of(security);
    }

    private URI server() {
        return publicUrl.server(uri);
    }
}
