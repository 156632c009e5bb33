package example.desk;

import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.stream.Broadcast;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Duration;

/** Streams answers to a page. */
@Path("answers")
@RequestScoped
public class AnswerResource {

    @Inject
    ClaudeStreamingBean claude;

    /** Sends the question to Claude once, and returns the URL of the answer. */
    @POST
    @Consumes(MediaType.TEXT_PLAIN)
    public Response ask(String question, @Context UriInfo uri) {
        MessageRequest request = MessageRequest.builder().user(question).build();
        ClaudeStream stream = claude.stream(request, RequestOptions.none().withTimeout(Duration.ofMinutes(2)));
        return Response.created(uri.getAbsolutePathBuilder().path(stream.id()).build())
                .build();
    }

    /**
     * Streams the text of the answer, from the beginning or from the position of the page. A page that reconnects after
     * the end gets 204, at which its EventSource stops. The stream is canceled after ten seconds without a watcher.
     */
    @GET
    @Path("{id}")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public void watch(
            @PathParam("id") String id,
            @HeaderParam("Last-Event-ID") String lastEventId,
            @Context HttpServletResponse response,
            @Context SseEventSink sink,
            @Context Sse sse) {
        Broadcast.HEADERS.forEach(response::setHeader);
        claude.broadcast(id, lastEventId, sink, sse, Broadcast.text().withCancelWhenUnwatched(Duration.ofSeconds(10)));
    }
}
