package example.desk;

import io.github.claudejakarta.claude.ContentBlock;
import io.github.claudejakarta.claude.Effort;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.Model;
import io.github.claudejakarta.claude.Prices;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Answers questions about a contract that the caller sends as a PDF file. */
@Path("contracts")
@RequestScoped
public class ContractResource {

    /** The text of the answer, its cost, and the whole message in Claude's own JSON. */
    public record Finding(String text, Optional<BigDecimal> cost, Message message) {}

    @Inject
    ClaudeStreamingBean claude;

    @Inject
    Prices prices;

    /**
     * Answers a question about a contract. The request holds no thread while Claude answers: JAX-RS completes the
     * response when the stage completes.
     */
    @POST
    @Consumes("application/pdf")
    @Produces(MediaType.APPLICATION_JSON)
    public CompletionStage<Finding> ask(@QueryParam("question") String question, byte[] pdf) {
        return claude.sendAsync(request(question, pdf), options())
                .thenApply(
                        message -> new Finding(message.text(), prices.of(message.model(), message.usage()), message));
    }

    /** Returns how many input tokens the question would use. */
    @POST
    @Path("tokens")
    @Consumes("application/pdf")
    @Produces(MediaType.TEXT_PLAIN)
    public long countTokens(@QueryParam("question") String question, byte[] pdf) {
        return claude.countTokens(request(question, pdf), options());
    }

    /** Returns the models that the desk's key may use. */
    @GET
    @Path("models")
    @Produces(MediaType.APPLICATION_JSON)
    public List<String> models() {
        return claude.models().stream().map(Model::id).toList();
    }

    private static MessageRequest request(String question, byte[] pdf) {
        ContentBlock contract = ContentBlock.Document.ofBytes("application/pdf", pdf)
                .withTitle("Contract")
                .withCitations()
                .cached();
        return MessageRequest.builder()
                .system("Answer from the contract alone.")
                .user(contract, ContentBlock.Text.of(question))
                .adaptiveThinking()
                .effort(Effort.LOW)
                .build();
    }

    private static RequestOptions options() {
        return RequestOptions.none()
                .withTimeout(Duration.ofMinutes(1))
                .withCaller("contracts")
                .withCorrelation("contract-desk");
    }
}
