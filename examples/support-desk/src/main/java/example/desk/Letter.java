package example.desk;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.util.UUID;

/** A customer's letter, with the summary and the mood that Claude found. */
@Entity
public class Letter {

    @Id
    private String id;

    @Column(length = 100_000)
    private String text;

    /** The id of the job that summarizes the letter. */
    private String jobId;

    @Column(length = 10_000)
    private String summary;

    @Column(length = 10_000)
    private String mood;

    /** For JPA. */
    protected Letter() {}

    public Letter(String text) {
        this.id = UUID.randomUUID().toString();
        this.text = text;
    }

    public String getId() {
        return id;
    }

    public String getText() {
        return text;
    }

    public String getJobId() {
        return jobId;
    }

    public void setJobId(String jobId) {
        this.jobId = jobId;
    }

    public String getSummary() {
        return summary;
    }

    public void setSummary(String summary) {
        this.summary = summary;
    }

    public String getMood() {
        return mood;
    }

    public void setMood(String mood) {
        this.mood = mood;
    }
}
