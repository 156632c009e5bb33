package example.desk;

import io.github.claudejakarta.claude.ContentBlock;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.claude.ToolChoice;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.net.URI;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Registers damaged cards: Claude proposes an entry for a photo, and the desk decides. */
@Path("claims")
@RequestScoped
public class ClaimResource {

    private static final JsonObject ENTRY = Json.createObjectBuilder()
            .add("type", "object")
            .add(
                    "properties",
                    Json.createObjectBuilder()
                            .add("damage", Json.createObjectBuilder().add("type", "string")))
            .build();

    @Inject
    ClaudeStreamingBean claude;

    /** The API key of the claims department, which pays for its own requests; empty to use the desk's key. */
    @Inject
    @ConfigProperty(name = "desk.claims.api-key")
    Optional<String> departmentKey;

    /** Returns Claude's message. The proposed entry is the input of the tool call {@code register}. */
    @POST
    @Consumes("image/jpeg")
    @Produces(MediaType.APPLICATION_JSON)
    public Message propose(byte[] photo) {
        MessageRequest request = MessageRequest.builder()
                .system(ContentBlock.Text.of("You register damaged cards. Call the tool for each photo.")
                        .cachedForAnHour())
                .user(
                        ContentBlock.Document.ofUrl(URI.create("https://bank.example/terms.pdf"))
                                .withTitle("Terms"),
                        ContentBlock.Document.ofText("Cards with a broken chip are replaced without a fee.")
                                .withContext("A note of the desk")
                                .cached(),
                        ContentBlock.Image.ofBytes("image/jpeg", photo),
                        ContentBlock.Text.of("Which damage does the photo show?"))
                .tool("register", "Registers a damaged card", ENTRY)
                .toolChoice(ToolChoice.auto().withoutParallelUse())
                .stopSequences("END")
                .userId("desk-1")
                .build();
        return claude.send(request, options());
    }

    private RequestOptions options() {
        RequestOptions options = RequestOptions.none()
                .withBeta("files-api-2025-04-14")
                .withHeader("anthropic-version", "2023-06-01")
                .withCorrelation("claims");
        return departmentKey.map(options::withApiKey).orElse(options);
    }
}
