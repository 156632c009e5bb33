package demo;

import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.stream.Broadcast;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;

@Path("/poem")
@RequestScoped
public class PoemResource {

    private static final MessageRequest POEM = MessageRequest.of("claude-opus-5-5", 300, "Write a poem about tea.");

    @Inject
    ClaudeStreamingBean claude;

    /** Waits for the whole answer and returns its text. */
    @GET
    @Produces(MediaType.TEXT_PLAIN)
    public String text() {
        return claude.send(POEM).text();
    }

    /** Sends the text as Server-Sent Events while Claude writes it. */
    @POST
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public void events(@Context SseEventSink sink, @Context Sse sse) {
        claude.broadcast(claude.stream(POEM).id(), null, sink, sse, Broadcast.text());
    }
}
