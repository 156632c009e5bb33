package example.desk;

import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.conversation.Conversation;
import io.github.claudejakarta.conversation.ConversationManagerBean;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;

/** Conversations with customers. Each request adds a question and its answer. */
@Path("conversations")
@RequestScoped
public class ConversationResource {

    @Inject
    ConversationManagerBean conversations;

    /** Starts a conversation and returns its URL. */
    @POST
    public Response start(@Context UriInfo uri) {
        Conversation conversation = conversations.start(MessageRequest.builder()
                .system("You help customers of a bank. Be brief and friendly.")
                .cached());
        return Response.created(
                        uri.getAbsolutePathBuilder().path(conversation.id()).build())
                .build();
    }

    /** Sends the next question. The response has the URL of the answer: {@code GET /api/answers/{id}}. */
    @POST
    @Path("{id}/questions")
    @Consumes(MediaType.TEXT_PLAIN)
    public Response ask(@PathParam("id") String id, String question, @Context UriInfo uri) {
        String stream = conversations.stream(id, question).id();
        return Response.created(
                        uri.getBaseUriBuilder().path("answers").path(stream).build())
                .build();
    }

    /** Sends a question and waits for the answer, for callers that cannot stream. */
    @POST
    @Path("{id}/answers")
    @Consumes(MediaType.TEXT_PLAIN)
    @Produces(MediaType.TEXT_PLAIN)
    public String answer(@PathParam("id") String id, String question) {
        return conversations.send(id, question).text();
    }

    /** Sends a question in the background. The answer is added even if the server restarts. */
    @POST
    @Path("{id}/jobs")
    @Consumes(MediaType.TEXT_PLAIN)
    @Produces(MediaType.TEXT_PLAIN)
    public String askLater(@PathParam("id") String id, String question) {
        return conversations.job(id, question).id();
    }

    /** Adds a question that a person of the desk has answered. Claude sees both at the next question. */
    @POST
    @Path("{id}/notes")
    @Consumes(MediaType.TEXT_PLAIN)
    public void note(@PathParam("id") String id, @QueryParam("question") String question, String answer) {
        conversations.append(id, question, answer);
    }

    /** Copies a conversation. Questions to the copy do not change the customer's conversation. */
    @POST
    @Path("{id}/forks")
    public Response fork(@PathParam("id") String id, @Context UriInfo uri) {
        String copy = conversations.fork(id).id();
        return Response.created(
                        uri.getBaseUriBuilder().path("conversations").path(copy).build())
                .build();
    }

    /** Returns the whole conversation as JSON, for an auditor. */
    @GET
    @Path("{id}")
    @Produces(MediaType.APPLICATION_JSON)
    public String export(@PathParam("id") String id) {
        return conversations.json(id);
    }

    @DELETE
    @Path("{id}")
    public void delete(@PathParam("id") String id) {
        if (!conversations.delete(id)) {
            throw new NotFoundException();
        }
    }
}
