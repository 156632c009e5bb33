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
 * {@code /v1/jobs}: messages in the background. Whoever asks for {@code text/plain} gets the text alone, as soon as
 * there is one.
 */
public abstract class JobsResource {

    private static final Logger LOG = Logger.getLogger(JobsResource.class.getName());
    private static final String TEXT = MediaType.TEXT_PLAIN + ";qs=0.5";
    /**
     * While it is stored a request is in memory as it is, as the driver's copy, and as one of an earlier submission
     * with the same key.
     */
    private static final long STORED = 3;
    /** A request of the largest size, and what may stand around it. */
    private static final int MOST_BYTES = MessagesBody.MAX_BYTES + (64 << 10);

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
        return BodyReader.bytes(body, ContentLength.of(headers), MOST_BYTES, BodyReservation.of(request));
    }

    /** Whether there is such a character set has been checked. */
    private Charset charset() {
        String name = headers.getMediaType().getParameters().get(MediaType.CHARSET_PARAMETER);
        return name == null ? StandardCharsets.UTF_8 : Charset.forName(name);
    }

    private void submitted(JobSubmission submission, String key, View view, AsyncResponse response) {
        Prefer prefer = prefer();
        BodyReservation.of(request).atLeast(STORED * submission.request().length);
        Job job = jobs.submit(caller().name(), IdempotencyKey.of(key), kept(), submission);
        // It is in the database now, and not needed for the wait.
        BodyReservation.of(request).atMost(0);
        answer(job, prefer, view, response);
    }

    /** With what the job wants to become of an answer that breaks off, where it says so. */
    private StoredHeaders kept() {
        StoredHeaders forwarded = StoredHeaders.of(ForwardedHeaders.upstream(headers.getRequestHeaders()));
        RecoveryMode asked = RecoveryMode.of(headers.getHeaderString(RecoveryMode.HEADER), null);
        return asked == null ? forwarded : forwarded.with(RecoveryMode.HEADER, asked.toString());
    }

    private Prefer prefer() {
        return Prefer.of(headers.getRequestHeader(Prefer.HEADER));
    }

    /** What a job looks like to whoever asked. */
    private interface View {
        Response.ResponseBuilder of(Job job, URI location, boolean isWaitedFor);
    }

    /** As soon as the job is over, or the caller's patience. */
    private void answer(Job job, Prefer prefer, View view, AsyncResponse response) {
        URI location = publicUrl.of(uri, "jobs/" + job.id());
        BodyReservation room = BodyReservation.of(request);
        ClientConnection connection = ClientConnection.of(request);
        if (prefer.maxWait().isEmpty() || job.status().isOver()) {
            show(job, () -> built(job, location, prefer, view), response);
            return;
        }
        try {
            threads.execute(() -> {
                try {
                    response.resume(built(
                            awaitEnd(job, prefer.maxWait().get(), room, location, connection), location, prefer, view));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    response.resume(built(job, location, prefer, view));
                } catch (RuntimeException | Error e) {
                    failed(e, () -> built(job, location, prefer, view), response);
                }
            });
        } catch (ClaudeException e) {
            LOG.log(Level.FINE, "No thread to wait on: the job is there all the same", e);
            response.resume(built(job, location, prefer, view));
        }
    }

    /**
     * Waits as long as the client does. A client that leaves ends the wait and not the job.
     *
     * @throws LocatedError if the client has left: the log names the job all the same
     */
    private Job awaitEnd(Job job, Duration patience, BodyReservation room, URI location, ClientConnection connection)
            throws InterruptedException {
        try (ClientWatch.Waiting waiting = clients.watch(connection, why -> jobs.wake(job.id()))) {
            Job then = jobs.awaitEnd(job.id(), patience, room, () -> !waiting.hasLeft());
            if (waiting.hasLeft()) {
                throw new LocatedError(ClientWatch.departure(), location);
            }
            return then;
        }
    }

    /**
     * A message is not written on the server's threads: it has few, and a client that reads nothing holds one for a
     * minute.
     */
    private void show(Job job, Supplier<Response> shown, AsyncResponse response) {
        if (job.message().isEmpty()) {
            response.resume(shown.get());
            return;
        }
        threads.execute(() -> {
            try {
                response.resume(shown.get());
            } catch (RuntimeException | Error e) {
                response.resume(e);
            }
        });
    }

    /**
     * Where the database went away, or there is no memory for the message, the caller still gets the job, and with it
     * the id.
     */
    private static void failed(Throwable e, Supplier<Response> told, AsyncResponse response) {
        if (e instanceof ClaudeException away
                && (away.status() == Response.Status.SERVICE_UNAVAILABLE.getStatusCode()
                        || away.type().equals(ErrorType.OVERLOADED))) {
            response.resume(told.get());
        } else {
            response.resume(e);
        }
    }

    private static Response built(Job job, URI location, Prefer prefer, View view) {
        Response.ResponseBuilder built = view.of(job, location, prefer.maxWait().isPresent());
        prefer.applied().ifPresent(applied -> built.header(Prefer.APPLIED, applied));
        return built.header(HttpHeaders.VARY, Prefer.HEADER + ", " + HttpHeaders.ACCEPT)
                .build();
    }

    /** Taken in; or, for whoever waits, how it came out. */
    private static Response.ResponseBuilder accepted(Job job, URI location, boolean isWaitedFor) {
        boolean isAnswer = isWaitedFor && job.status().isOver();
        return Response.status(isAnswer ? Response.Status.OK : Response.Status.ACCEPTED)
                .location(location)
                .entity(job.json());
    }

    private static Response.ResponseBuilder shown(Job job, URI location, boolean isWaitedFor) {
        return Response.ok(job.json());
    }

    /**
     * The text of the message; while there is none, where to ask for it; and what went wrong, as an error like any
     * other.
     */
    private static Response.ResponseBuilder text(Job job, URI location, boolean isWaitedFor) {
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

    /** The caller's jobs, newest first, without their messages. */
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

    /** How it stands; with {@code Prefer: wait} once it is over. */
    @GET
    @Path("{id}")
    @Produces(MediaType.APPLICATION_JSON)
    public void get(@PathParam("id") String id, @Suspended AsyncResponse response) {
        answer(find(id), prefer(), JobsResource::shown, response);
    }

    /** The text alone. */
    @GET
    @Path("{id}")
    @Produces(TEXT)
    public void text(@PathParam("id") String id, @Suspended AsyncResponse response) {
        answer(find(id), prefer(), JobsResource::text, response);
    }

    /** Calls it off. */
    @DELETE
    @Path("{id}")
    @Produces(MediaType.APPLICATION_JSON)
    public JsonObject cancel(@PathParam("id") String id) {
        return jobs.cancel(find(id).id()).json();
    }

    /** Has it run again. */
    @POST
    @RateLimited
    @Path("{id}/retry")
    @Produces(MediaType.APPLICATION_JSON)
    public Response retry(@PathParam("id") String id) {
        Job revived = jobs.retry(find(id).id());
        return accepted(revived, publicUrl.of(uri, "jobs/" + id), false).build();
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
