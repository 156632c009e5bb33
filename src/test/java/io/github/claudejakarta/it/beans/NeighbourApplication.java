package io.github.claudejakarta.it.beans;

import io.github.claudejakarta.batch.Batch;
import io.github.claudejakarta.batch.BatchManagerBean;
import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.BatchResult;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.conversation.ConversationManagerBean;
import io.github.claudejakarta.job.Job;
import io.github.claudejakarta.job.JobManagerBean;
import io.github.claudejakarta.job.JobStatus;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.client.ClientBuilder;
import jakarta.ws.rs.core.Application;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.ext.RuntimeDelegate;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/** An application inside the server that contains the classes jar. Its resources are discovered. */
@ApplicationPath("/api")
public class NeighbourApplication extends Application {

    static final String MODEL = "claude-opus-5-5";

    /** Sends requests to Claude. */
    @Path("/claude")
    @RequestScoped
    public static class Asking {

        @Inject
        ClaudeStreamingBean claude;

        @Inject
        BatchManagerBean batches;

        @Inject
        JobManagerBean jobs;

        @Inject
        ConversationManagerBean conversations;

        @GET
        @Path("text")
        @Produces(MediaType.TEXT_PLAIN)
        public String text() {
            return claude.stream(request()).text().collect(Collectors.joining());
        }

        @GET
        @Path("live")
        @Produces(MediaType.SERVER_SENT_EVENTS)
        public void live(@Context SseEventSink sink, @Context Sse sse) {
            ClaudeStream stream = claude.stream(request());
            claude.broadcast(stream.id(), null, sink, sse);
        }

        @GET
        @Path("batch")
        @Produces(MediaType.TEXT_PLAIN)
        public String batch() throws InterruptedException {
            Batch batch = batches.submit(
                    Stream.of("a", "b").map(id -> BatchRequest.of(id, MODEL, 100, "sim:batch_us=1000 events=1")));
            batches.await(batch.id(), Duration.ofMinutes(1));
            try (Stream<BatchResult> results = batches.results(batch.id())) {
                return results.map(result -> result.customId() + " " + result.type())
                        .sorted()
                        .collect(Collectors.joining(", "));
            }
        }

        /** Runs jobs, and returns their outcomes. */
        @GET
        @Path("jobs")
        @Produces(MediaType.TEXT_PLAIN)
        public String jobs(@QueryParam("count") int count) throws InterruptedException {
            var submitted = new ArrayList<Job>();
            for (int i = 0; i < count; i++) {
                submitted.add(jobs.submit(job("sim:events=1 job " + i)));
            }
            var ended = new TreeMap<JobStatus, Integer>();
            for (Job job : submitted) {
                ended.merge(jobs.await(job.id(), Duration.ofMinutes(1)).status(), 1, Integer::sum);
            }
            return ended.entrySet().stream()
                    .map(one -> one.getValue() + " " + one.getKey())
                    .collect(Collectors.joining(", "));
        }

        /** Returns the number of messages of a conversation after two questions. A job sends the second one. */
        @GET
        @Path("conversation")
        @Produces(MediaType.TEXT_PLAIN)
        public String conversation() throws InterruptedException {
            String id = conversations.start(MessageRequest.builder(MODEL, 100)).id();
            conversations.send(id, "sim:events=1");
            jobs.await(conversations.job(id, "sim:events=2").id(), Duration.ofMinutes(1));
            return conversations.find(id).orElseThrow().messageCount() + " messages";
        }

        /** Submits a job and a batch, and returns their ids. */
        @GET
        @Path("submitted")
        @Produces(MediaType.TEXT_PLAIN)
        public String submitted() {
            return jobs.submit(job("sim:events=1 of the neighbour")).id() + " "
                    + batches.submit(Stream.of(BatchRequest.of("a", MODEL, 100, "sim:batch_us=1000 of the neighbour")))
                            .id();
        }

        @GET
        @Path("ended")
        @Produces(MediaType.TEXT_PLAIN)
        public String ended(@QueryParam("job") String job, @QueryParam("batch") String batch)
                throws InterruptedException {
            return jobs.await(job, Duration.ofMinutes(1)).status() + " "
                    + batches.await(batch, Duration.ofMinutes(1)).status();
        }

        /** Returns whether the application finds a job or a batch, by its id or in its lists. */
        @GET
        @Path("seen")
        @Produces(MediaType.TEXT_PLAIN)
        public boolean isSeen(@QueryParam("id") String id) {
            return jobs.find(id).isPresent()
                    || batches.find(id).isPresent()
                    || jobs.list(1_000).stream().anyMatch(job -> job.id().equals(id))
                    || batches.list(1_000).stream().anyMatch(batch -> batch.id().equals(id));
        }

        /**
         * Returns the libraries of the application, one per line. The libraries of the classes jar must not replace
         * them.
         */
        @GET
        @Path("libraries")
        @Produces(MediaType.TEXT_PLAIN)
        public String libraries() throws Exception {
            ClassLoader own = Asking.class.getClassLoader();
            try (InputStream flyway = own.getResourceAsStream("org/flywaydb/core/internal/version.txt")) {
                return String.join(
                        "\n",
                        "flyway " + new String(flyway.readAllBytes(), StandardCharsets.UTF_8).strip(),
                        "scheduler "
                                + own.loadClass("com.github.kagkarlsson.scheduler.Scheduler")
                                        .getProtectionDomain()
                                        .getCodeSource()
                                        .getLocation(),
                        "log " + LoggerFactory.getILoggerFactory().getClass().getName(),
                        "rest " + ClientBuilder.newBuilder().getClass().getName(),
                        "delegate " + RuntimeDelegate.getInstance().getClass().getName());
            }
        }

        /** Fails with an exception of the application, which the module must not map. */
        @GET
        @Path("failure")
        public String failure() {
            throw new IllegalStateException("the neighbour's own");
        }

        private static MessageRequest job(String prompt) {
            return MessageRequest.of(MODEL, 100, prompt);
        }

        private static MessageRequest request() {
            return MessageRequest.of(MODEL, 100, "Hello");
        }
    }
}
