package io.github.claudejakarta.webhook;

import io.github.claudejakarta.web.Page;
import io.github.claudejakarta.web.PageRequest;
import jakarta.json.JsonObject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The resource {@code .../deliveries} of a job or a batch. The parent has checked that the caller may see it. */
public final class DeliveriesResource {

    private final Webhooks webhooks;
    private final String subject;

    public DeliveriesResource(Webhooks webhooks, String subject) {
        this.webhooks = webhooks;
        this.subject = subject;
    }

    /** Lists deliveries, newest first. */
    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public JsonObject list(
            @QueryParam("limit") String limit,
            @QueryParam("after_id") String afterId,
            @QueryParam("before_id") String beforeId) {
        List<Delivery> newestFirst = new ArrayList<>(webhooks.deliveries(subject));
        Collections.reverse(newestFirst);
        return Page.of(newestFirst, Delivery::id, PageRequest.of(limit, afterId, beforeId))
                .json(Delivery::id, Delivery::json);
    }

    /** Sends a delivery again, now. */
    @POST
    @Path("{id}/retry")
    @Produces(MediaType.APPLICATION_JSON)
    public Response retry(@PathParam("id") String id) {
        return Response.accepted(webhooks.retry(subject, id).json()).build();
    }
}
