package example.desk;

import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.job.Job;
import io.github.claudejakarta.job.JobListener;
import io.github.claudejakarta.job.JobManagerBean;
import io.github.claudejakarta.job.JobRequest;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import jakarta.transaction.Transactional;
import java.util.List;
import java.util.Optional;

/**
 * Stores letters of customers. A letter and the job that summarizes it are stored in one transaction, so each letter
 * has a job and each job has a letter.
 */
@ApplicationScoped
public class Letters implements JobListener {

    @PersistenceContext
    EntityManager entities;

    @Inject
    JobManagerBean jobs;

    /** Stores a letter and submits the job that summarizes it. */
    @Transactional
    public Letter add(String text) {
        Letter letter = new Letter(text);
        entities.persist(letter);
        Job job = jobs.submit(JobRequest.of(MessageRequest.builder()
                        .system("Summarize the letter of a customer in one sentence.")
                        .user(text)
                        .build())
                .withOptions(RequestOptions.none().withCorrelation(letter.getId())));
        letter.setJobId(job.id());
        return letter;
    }

    /**
     * Stores the summary when the job has ended. The module calls this method at least once, in a transaction of its
     * own. A second call stores the same summary again.
     */
    @Override
    public void onEnd(Job job) {
        letterOf(job)
                .ifPresent(letter ->
                        letter.setSummary(job.message().map(Message::text).orElse("No summary: " + job.status())));
    }

    private Optional<Letter> letterOf(Job job) {
        return entities.createQuery("select l from Letter l where l.jobId = :job", Letter.class)
                .setParameter("job", job.id())
                .getResultStream()
                .findFirst();
    }

    @Transactional
    public Optional<Letter> find(String id) {
        return Optional.ofNullable(entities.find(Letter.class, id));
    }

    @Transactional
    public List<Letter> all() {
        return entities.createQuery("select l from Letter l order by l.id", Letter.class)
                .getResultList();
    }
}
