package io.github.claudejakarta.gateway;

import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.http.ForwardedHeaders;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.web.BodyReservation;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.ContentLength;
import io.github.claudejakarta.web.PublicUrl;
import io.github.claudejakarta.web.RateLimited;
import io.github.claudejakarta.web.ResultsUrl;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.core.UriInfo;
import java.io.Closeable;
import java.io.InputStream;
import java.net.URI;

/**
 * Anthropic's Message Batches, forwarded to Claude. Only {@code results_url} is changed, so that it points to this
 * server. This server stores nothing about them; managed batches are at {@code /v1/batches}.
 */
@Path("/messages/batches")
@ApplicationScoped
public class MessageBatchesResource {

    private static final Closeable NOTHING = () -> {};

    @Inject
    private PassThrough passThrough;

    @Inject
    private PublicUrl publicUrl;

    @Context
    private HttpHeaders headers;

    @Context
    private SecurityContext security;

    @Context
    private UriInfo uri;

    @Context
    private HttpServletRequest request;

    /** Creates a message batch. It is not idempotent, so it is retried only if Claude cannot have accepted it. */
    @POST
    @RateLimited(tokens = false)
    @Consumes(MediaType.APPLICATION_JSON)
    public void create(InputStream in, @Suspended AsyncResponse response) {
        SpooledBody body = SpooledBody.of(in, ContentLength.of(headers));
        forward(ClaudeRequest.createBatch(body::write), body, response);
    }

    @GET
    public void list(@Suspended AsyncResponse response) {
        forward(ClaudeRequest.batches(), NOTHING, response);
    }

    @GET
    @Path("{id}")
    public void retrieve(@PathParam("id") String id, @Suspended AsyncResponse response) {
        forward(ClaudeRequest.batch(id()), NOTHING, response);
    }

    @DELETE
    @Path("{id}")
    public void delete(@PathParam("id") String id, @Suspended AsyncResponse response) {
        forward(ClaudeRequest.deleteBatch(id()), NOTHING, response);
    }

    @POST
    @Path("{id}/cancel")
    public void cancel(@PathParam("id") String id, @Suspended AsyncResponse response) {
        forward(ClaudeRequest.cancelBatch(id()), NOTHING, response);
    }

    @GET
    @Path("{id}/results")
    public void results(@PathParam("id") String id, @Suspended AsyncResponse response) {
        passThrough.forwardDownload(
                forwarded(ClaudeRequest.batchResults(id())), response, ClientConnection.of(request));
    }

    /** Returns the status and headers of the results, for monitors and proxies. */
    @HEAD
    @Path("{id}/results")
    public void resultsHead(@PathParam("id") String id, @Suspended AsyncResponse response) {
        passThrough.forwardHead(forwarded(ClaudeRequest.batchResults(id())), response, ClientConnection.of(request));
    }

    /** Returns the id as it arrived. */
    private String id() {
        return PassThrough.segment(uri, 2);
    }

    private ClaudeRequest forwarded(ClaudeRequest target) {
        return target.withQuery(PassThrough.query(uri))
                .withHeaders(ForwardedHeaders.upstream(headers.getRequestHeaders()))
                .withCaller(Caller.of(security).name());
    }

    private void forward(ClaudeRequest target, Closeable body, AsyncResponse response) {
        URI server = publicUrl.server(uri);
        passThrough.forward(
                forwarded(target),
                body,
                json -> ResultsUrl.rewrite(server, json),
                BodyReservation.of(request),
                response,
                ClientConnection.of(request));
    }
}
