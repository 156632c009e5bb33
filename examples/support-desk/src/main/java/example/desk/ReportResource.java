package example.desk;

import io.github.claudejakarta.batch.Batch;
import io.github.claudejakarta.batch.BatchListener;
import io.github.claudejakarta.batch.BatchManagerBean;
import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.BatchResult;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.RequestOptions;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.stream.Stream;

/** The nightly report: a batch finds the mood of every letter, at half the price. */
@Path("reports")
@ApplicationScoped
public class ReportResource implements BatchListener {

    @Inject
    BatchManagerBean batches;

    @Inject
    Letters letters;

    @PersistenceContext
    EntityManager entities;

    /** Submits a batch with one request for each letter. */
    @POST
    @Produces(MediaType.APPLICATION_JSON)
    public Batch submit() {
        return batches.submit(
                letters.all().stream().map(letter -> new BatchRequest(letter.getId(), mood(letter.getText()))),
                RequestOptions.none().withCorrelation("nightly-report"));
    }

    /** Returns the state of a report, in the JSON of {@code GET /v1/batches/{id}}. */
    @GET
    @Path("{id}")
    @Produces(MediaType.APPLICATION_JSON)
    public Batch find(@PathParam("id") String id) {
        return batches.find(id).orElseThrow(NotFoundException::new);
    }

    /** Stores the moods when the batch has ended. The module calls this method at least once, in a transaction. */
    @Override
    public void onEnd(Batch batch) {
        try (Stream<BatchResult> results = batches.results(batch.id())) {
            results.forEach(result -> result.message().ifPresent(message -> {
                Letter letter = entities.find(Letter.class, result.customId());
                letter.setMood(message.text());
            }));
        }
    }

    private static MessageRequest mood(String letter) {
        return MessageRequest.builder()
                .system("Answer with one word: the mood of the letter.")
                .user(letter)
                .build();
    }
}
