package example.desk;

import io.github.claudejakarta.job.Job;
import io.github.claudejakarta.job.JobManagerBean;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/** Stores letters of customers, and returns them with their summaries. */
@Path("letters")
@RequestScoped
public class LetterResource {

    /** A letter as JSON. */
    public record LetterView(String id, String text, String jobId, String summary, String mood) {

        static LetterView of(Letter letter) {
            return new LetterView(
                    letter.getId(), letter.getText(), letter.getJobId(), letter.getSummary(), letter.getMood());
        }
    }

    @Inject
    Letters letters;

    @Inject
    JobManagerBean jobs;

    @POST
    @Consumes(MediaType.TEXT_PLAIN)
    @Produces(MediaType.APPLICATION_JSON)
    public LetterView add(String text) {
        return LetterView.of(letters.add(text));
    }

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public List<LetterView> all() {
        return letters.all().stream().map(LetterView::of).toList();
    }

    @GET
    @Path("{id}")
    @Produces(MediaType.APPLICATION_JSON)
    public LetterView find(@PathParam("id") String id) {
        return letters.find(id).map(LetterView::of).orElseThrow(NotFoundException::new);
    }

    /** Returns the job that summarizes the letter, in the JSON of {@code GET /v1/jobs/{id}}. */
    @GET
    @Path("{id}/job")
    @Produces(MediaType.APPLICATION_JSON)
    public Job job(@PathParam("id") String id) {
        return letters.find(id).flatMap(letter -> jobs.find(letter.getJobId())).orElseThrow(NotFoundException::new);
    }
}
