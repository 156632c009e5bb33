package io.github.claudejakarta.gateway;

import io.github.claudejakarta.claude.BufferedBody;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.MessagesBody;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ForwardedHeaders;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.stream.OpenedStream;
import io.github.claudejakarta.stream.Streams;
import io.github.claudejakarta.stream.VerbatimOutput;
import io.github.claudejakarta.web.BodyReader;
import io.github.claudejakarta.web.BodyReservation;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.ClientWatch;
import io.github.claudejakarta.web.ContentLength;
import io.github.claudejakarta.web.RateLimited;
import io.github.claudejakarta.web.ServedRequest;
import io.github.claudejakarta.web.UpgradeRequired;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.core.StreamingOutput;
import jakarta.ws.rs.core.UriInfo;
import java.io.InputStream;

/**
 * Anthropic's own paths, wire-compatible: requests and answers are forwarded verbatim.
 *
 * <p>The field {@code stream} of the body decides whether an answer is streamed. {@code Accept} does not, because
 * official SDKs accept JSON only, even for streams.
 */
@Path("/")
@ApplicationScoped
public class MessagesResource {

    @Inject
    private PassThrough passThrough;

    @Inject
    private Streams streams;

    @Inject
    private WorkerThreads threads;

    @Inject
    private ClientWatch clients;

    @Inject
    private RecoverySettings recovery;

    @Context
    private HttpHeaders headers;

    @Context
    private SecurityContext security;

    @Context
    private UriInfo uri;

    @Context
    private HttpServletRequest request;

    @POST
    @RateLimited
    @Path("messages")
    @Consumes(MediaType.APPLICATION_JSON)
    public void create(InputStream body, @Suspended AsyncResponse response) {
        BodyReservation memory = BodyReservation.of(request);
        MessagesBody message = BodyReader.messages(body, ContentLength.of(headers), memory);
        if (message.isStreaming()) {
            RecoveryMode ifBroken = RecoveryMode.of(headers.getHeaderString(RecoveryMode.HEADER), recovery.ofStreams());
            var call = new ClaudeCall(forwarded(ClaudeRequest.stream(new BufferedBody(message.bytes(), memory::close)))
                    .withModel(message.model())
                    .withRecovery(ifBroken));
            ClientConnection connection = ClientConnection.of(request);
            ServedRequest served = ServedRequest.of(request);
            threads.execute(() -> stream(call, () -> served.handOver(memory), response, connection));
        } else {
            forward(ClaudeRequest.message(RequestBody.of(message.bytes())).withModel(message.model()), response);
        }
    }

    @POST
    @RateLimited(tokens = false)
    @Path("messages/count_tokens")
    @Consumes(MediaType.APPLICATION_JSON)
    public void countTokens(InputStream body, @Suspended AsyncResponse response) {
        MessagesBody message = BodyReader.countTokens(body, ContentLength.of(headers), BodyReservation.of(request));
        forward(ClaudeRequest.countTokens(RequestBody.of(message.bytes())).withModel(message.model()), response);
    }

    /** Rejects a request without WebSocket. */
    @GET
    @Path("messages/socket")
    public void socket() {
        throw new UpgradeRequired();
    }

    @GET
    @Path("models")
    public void models(@Suspended AsyncResponse response) {
        forward(ClaudeRequest.models(), response);
    }

    @GET
    @Path("models/{id}")
    public void model(@PathParam("id") String id, @Suspended AsyncResponse response) {
        forward(ClaudeRequest.model(PassThrough.segment(uri, 1)), response);
    }

    private ClaudeRequest forwarded(ClaudeRequest target) {
        return target.withQuery(PassThrough.query(uri))
                .withHeaders(ForwardedHeaders.upstream(headers.getRequestHeaders()))
                .withCaller(Caller.of(security).name());
    }

    private void forward(ClaudeRequest target, AsyncResponse response) {
        passThrough.forward(forwarded(target), BodyReservation.of(request), response, ClientConnection.of(request));
    }

    private void stream(ClaudeCall call, Runnable streamOwnsBody, AsyncResponse response, ClientConnection connection) {
        try (OpenedStream opened = opened(call, connection)) {
            // The stream keeps the body for as long as it needs it, and closes it.
            streamOwnsBody.run();
            var built = Response.ok(
                    (StreamingOutput) out -> streams.watch(opened.stream(), 0, new VerbatimOutput(out), connection));
            opened.headers().forEach(built::header);
            response.resume(built.header("stream-id", opened.stream().id())
                    .header(HttpHeaders.CACHE_CONTROL, "no-cache")
                    .header("X-Accel-Buffering", "no")
                    .build());
        } catch (RuntimeException | Error e) {
            response.resume(e);
        }
    }

    /** Waits until the first event arrives or the client leaves. Until then no other client can watch the stream. */
    private OpenedStream opened(ClaudeCall call, ClientConnection connection) {
        try (ClientWatch.Waiting waiting = clients.watch(connection, call::cancel)) {
            return streams.open(call);
        }
    }
}
