package demo;

import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.stream.Broadcast;
import io.github.claudejakarta.stream.BroadcastEvent;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletResponse;
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
import java.util.List;

@Path("/haiku")
@RequestScoped
public class HaikuResource {

    /** The text, then an event "end". Cancels the stream when no page has watched it for 30 seconds. */
    private static final Broadcast TO_A_PAGE = Broadcast.text()
            .withLast(stream -> List.of(BroadcastEvent.of("end", stream.status().toString())))
            .withCancelWhenUnwatched(Duration.ofSeconds(30));

    @Inject
    ClaudeStreamingBean claude;

    /** Waits for the whole answer. */
    @GET
    @Produces(MediaType.TEXT_PLAIN)
    public String text() {
        return claude.send(haiku()).text();
    }

    /** Starts a stream and returns its address. */
    @POST
    public Response start(@Context UriInfo uri) {
        ClaudeStream stream = claude.stream(haiku());
        return Response.created(uri.getAbsolutePathBuilder().path(stream.id()).build())
                .build();
    }

    /** Watches a stream, from the beginning or from the position of the page. */
    @GET
    @Path("{id}")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public void watch(
            @PathParam("id") String id,
            @HeaderParam("Last-Event-ID") String last,
            @Context HttpServletResponse response,
            @Context SseEventSink sink,
            @Context Sse sse) {
        Broadcast.HEADERS.forEach(response::setHeader);
        claude.broadcast(id, last, sink, sse, TO_A_PAGE);
    }

    private static MessageRequest haiku() {
        return MessageRequest.of("claude-opus-5-5", 1024, "Write a haiku about code.");
    }
}
