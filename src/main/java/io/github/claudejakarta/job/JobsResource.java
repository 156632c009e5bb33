package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessagesBody;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.Surrogates;
import io.github.claudejakarta.claude.http.ForwardedHeaders;
import io.github.claudejakarta.durable.Listing;
import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.web.BodyReader;
import io.github.claudejakarta.web.BodyReservation;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.ClientWatch;
import io.github.claudejakarta.web.ContentLength;
import io.github.claudejakarta.web.IdempotencyKey;
import io.github.claudejakarta.web.LocatedError;
import io.github.claudejakarta.web.PageRequest;
import io.github.claudejakarta.web.Prefer;
import io.github.claudejakarta.web.PublicUrl;
import io.github.claudejakarta.web.RateLimited;
import io.github.claudejakarta.webhook.DeliveriesResource;
import io.github.claudejakarta.webhook.Webhooks;
import jakarta.inject.Inject;
import jakarta.json.JsonObject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.core.UriInfo;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The resource {@code /v1/jobs}: messages in the background. A client that accepts {@code text/plain} gets only the
 * text of the message.
 */
public abstract class JobsResource {

    private static final Logger LOG = Logger.getLogger(JobsResource.class.getName());
    private static final String TEXT = MediaType.TEXT_PLAIN + ";qs=0.5";
    /**
     * While a request is stored, up to three copies are in memory: the request, the driver's copy, and the request of
     * an earlier submission with the same key.
     */
    private static final long COPIES_WHILE_STORED = 3;
    /** The maximum size of a body: the largest request, and 64 kB for the other fields. */
    private static final int MAX_BODY_BYTES = MessagesBody.MAX_BYTES + (64 << 10);

    @Inject
    private JobManagerBean jobs;

    @Inject
    private Webhooks webhooks;

    @Inject
    private WorkerThreads threads;

    @Inject
    private ClientWatch clients;

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

    @POST
    @RateLimited
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    public void submit(
            InputStream body, @HeaderParam(IdempotencyKey.HEADER) String key, @Suspended AsyncResponse response) {
        submitted(JobBody.read(bytes(body), BodyReservation.of(request)), key, JobsResource::accepted, response);
    }

    @POST
    @RateLimited
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(TEXT)
    public void submitForText(
            InputStream body, @HeaderParam(IdempotencyKey.HEADER) String key, @Suspended AsyncResponse response) {
        submitted(JobBody.read(bytes(body), BodyReservation.of(request)), key, JobsResource::text, response);
    }

    @POST
    @RateLimited
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Produces(MediaType.APPLICATION_JSON)
    public void submitForm(
            InputStream body, @HeaderParam(IdempotencyKey.HEADER) String key, @Suspended AsyncResponse response) {
        submitted(
                JobForm.read(bytes(body), charset(), BodyReservation.of(request)),
                key,
                JobsResource::accepted,
                response);
    }

    @POST
    @RateLimited
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Produces(TEXT)
    public void submitFormForText(
            InputStream body, @HeaderParam(IdempotencyKey.HEADER) String key, @Suspended AsyncResponse response) {
        submitted(JobForm.read(bytes(body), charset(), BodyReservation.of(request)), key, JobsResource::text, response);
    }

    private byte[] bytes(InputStream body) {
        return BodyReader.bytes(body, ContentLength.of(headers), MAX_BODY_BYTES, BodyReservation.of(request));
    }

    /** Returns the charset of the body. Requests with an unknown charset have been rejected earlier. */
    private Charset charset() {
        String name = headers.getMediaType().getParameters().get(MediaType.CHARSET_PARAMETER);
        return name == null ? StandardCharsets.UTF_8 : Charset.forName(name);
    }

    private void submitted(JobSubmission submission, String key, View view, AsyncResponse response) {
        Prefer prefer = prefer();
        BodyReservation.of(request).atLeast(COPIES_WHILE_STORED * submission.request().length);
        Job job = jobs.submit(caller().name(), IdempotencyKey.of(key), storedHeaders(), submission);
        // The request is in the database and is not needed during the wait.
        BodyReservation.of(request).atMost(0);
        answer(job, prefer, view, response);
    }

    /** Returns the headers to store, including {@code Stream-Recovery} if the request has it. */
    private StoredHeaders storedHeaders() {
        StoredHeaders forwarded = StoredHeaders.of(ForwardedHeaders.upstream(headers.getRequestHeaders()));
        RecoveryMode mode = RecoveryMode.of(headers.getHeaderString(RecoveryMode.HEADER), null);
        return mode == null ? forwarded : forwarded.with(RecoveryMode.HEADER, mode.toString());
    }

    private Prefer prefer() {
        return Prefer.of(headers.getRequestHeader(Prefer.HEADER));
    }

    /** Converts a job to a response in the format that the client accepts. */
    private interface View {
        Response.ResponseBuilder of(Job job, URI location, boolean hasWaited);
    }

    /** Answers when the job has ended, or when the time that the client waits has passed. */
    private void answer(Job job, Prefer prefer, View view, AsyncResponse response) {
        URI location = publicUrl.of(uri, "jobs/" + job.id());
        BodyReservation reservation = BodyReservation.of(request);
        ClientConnection connection = ClientConnection.of(request);
        if (prefer.maxWait().isEmpty() || job.status().hasEnded()) {
            write(job, () -> buildResponse(job, location, prefer, view), response);
            return;
        }
        try {
            threads.execute(() -> {
                try {
                    response.resume(buildResponse(
                            awaitEnd(job, prefer.maxWait().get(), reservation, location, connection),
                            location,
                            prefer,
                            view));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    response.resume(buildResponse(job, location, prefer, view));
                } catch (RuntimeException | Error e) {
                    failed(e, () -> buildResponse(job, location, prefer, view), response);
                }
            });
        } catch (ClaudeException e) {
            LOG.log(Level.FINE, "No thread is free to wait for the job. The response is sent without waiting", e);
            response.resume(buildResponse(job, location, prefer, view));
        }
    }

    /**
     * Waits for the end of a job while the client is connected. A client that disconnects ends the wait, and the job
     * continues.
     *
     * @throws LocatedError if the client has disconnected; it names the job for the log
     */
    private Job awaitEnd(
            Job job, Duration limit, BodyReservation reservation, URI location, ClientConnection connection)
            throws InterruptedException {
        try (ClientWatch.Waiting waiting = clients.watch(connection, why -> jobs.wake(job.id()))) {
            Job ended = jobs.awaitEnd(job.id(), limit, reservation, () -> !waiting.hasLeft());
            if (waiting.hasLeft()) {
                throw new LocatedError(ClientWatch.departure(), location);
            }
            return ended;
        }
    }

    /**
     * Answers with a job. A job with a message is written on a worker thread. The server's own threads are few, and a
     * client that reads nothing blocks one for a minute.
     */
    private void write(Job job, Supplier<Response> build, AsyncResponse response) {
        if (job.message().isEmpty()) {
            response.resume(build.get());
            return;
        }
        threads.execute(() -> {
            try {
                response.resume(build.get());
            } catch (RuntimeException | Error e) {
                response.resume(e);
            }
        });
    }

    /**
     * Answers after a failed wait. If the database is away, or memory for the message is not available, the client gets
     * the job without its end, and with its id. Other failures become the response.
     */
    private static void failed(Throwable e, Supplier<Response> unended, AsyncResponse response) {
        if (e instanceof ClaudeException away
                && (away.status() == Response.Status.SERVICE_UNAVAILABLE.getStatusCode()
                        || away.type().equals(ErrorType.OVERLOADED))) {
            response.resume(unended.get());
        } else {
            response.resume(e);
        }
    }

    private static Response buildResponse(Job job, URI location, Prefer prefer, View view) {
        Response.ResponseBuilder builder =
                view.of(job, location, prefer.maxWait().isPresent());
        prefer.applied().ifPresent(applied -> builder.header(Prefer.APPLIED, applied));
        return builder.header(HttpHeaders.VARY, Prefer.HEADER + ", " + HttpHeaders.ACCEPT)
                .build();
    }

    /** Returns 202 with the job, or 200 if the client waited and the job has ended. */
    private static Response.ResponseBuilder accepted(Job job, URI location, boolean hasWaited) {
        boolean isAnswer = hasWaited && job.status().hasEnded();
        return Response.status(isAnswer ? Response.Status.OK : Response.Status.ACCEPTED)
                .location(location)
                .entity(job.json());
    }

    private static Response.ResponseBuilder json(Job job, URI location, boolean hasWaited) {
        return Response.ok(job.json());
    }

    /**
     * Returns the text of the message. A job that has not ended gets 202 with its URL. A job without a message gets its
     * error.
     */
    private static Response.ResponseBuilder text(Job job, URI location, boolean hasWaited) {
        return switch (job.status()) {
            case SUCCEEDED ->
                Response.ok(
                                job.message()
                                        .map(Message::text)
                                        .map(Surrogates::replaced)
                                        .orElse(""),
                                MediaType.TEXT_PLAIN_TYPE.withCharset("utf-8"))
                        .location(location);
            case QUEUED, RUNNING ->
                Response.accepted(location + "\n")
                        .type(MediaType.TEXT_PLAIN_TYPE.withCharset("utf-8"))
                        .location(location);
            case CANCELED ->
                throw new LocatedError(
                        ClaudeException.of(ErrorKind.CANCELED, ErrorType.CONFLICT, job.id() + " was canceled"),
                        location);
            case FAILED, DEAD ->
                throw new LocatedError(
                        job.error()
                                .orElseGet(() -> ClaudeException.of(ErrorType.API, job.id() + " is " + job.status())),
                        location);
        };
    }

    /** Lists the caller's jobs, newest first, without their messages. */
    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public JsonObject list(
            @QueryParam("status") String status,
            @QueryParam("limit") String limit,
            @QueryParam("after_id") String afterId,
            @QueryParam("before_id") String beforeId) {
        return jobs.page(new Listing.Query(
                        caller(),
                        Optional.ofNullable(status).map(text -> status(text).toString()),
                        PageRequest.of(limit, afterId, beforeId)))
                .json(Job::id, Job::itemJson);
    }

    private static JobStatus status(String text) {
        try {
            return JobStatus.of(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw ClaudeException.of(
                            ErrorType.INVALID_REQUEST,
                            "status: Input should be queued, running, succeeded, failed, canceled or dead")
                    .withCause(e);
        }
    }

    /** Returns a job. With {@code Prefer: wait}, waits for its end. */
    @GET
    @Path("{id}")
    @Produces(MediaType.APPLICATION_JSON)
    public void get(@PathParam("id") String id, @Suspended AsyncResponse response) {
        answer(find(id), prefer(), JobsResource::json, response);
    }

    /** Returns only the text of a job's message. */
    @GET
    @Path("{id}")
    @Produces(TEXT)
    public void text(@PathParam("id") String id, @Suspended AsyncResponse response) {
        answer(find(id), prefer(), JobsResource::text, response);
    }

    /** Cancels a job. */
    @DELETE
    @Path("{id}")
    @Produces(MediaType.APPLICATION_JSON)
    public JsonObject cancel(@PathParam("id") String id) {
        return jobs.cancel(find(id).id()).json();
    }

    /** Queues a dead or failed job again. */
    @POST
    @RateLimited
    @Path("{id}/retry")
    @Produces(MediaType.APPLICATION_JSON)
    public Response retry(@PathParam("id") String id) {
        Job retried = jobs.retry(find(id).id());
        return accepted(retried, publicUrl.of(uri, "jobs/" + id), false).build();
    }

    @Path("{id}/deliveries")
    public DeliveriesResource deliveries(@PathParam("id") String id) {
        return new DeliveriesResource(webhooks, find(id).id());
    }

    private Job find(String id) {
        Caller caller = caller();
        return jobs.find(id, BodyReservation.of(request))
                .filter(job -> caller.canSee(job.owner()))
                .orElseThrow(() -> JobManagerBean.noSuchJob(id));
    }

    private Caller caller() {
        return Caller.of(security);
    }
}
