package io.github.claudejakarta.it.beans;

import io.github.claudejakarta.binding.ClaudeExceptionMapper;
import io.github.claudejakarta.binding.ClaudeJsonb;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.StopReason;
import io.github.claudejakarta.job.Job;
import io.github.claudejakarta.job.JobManagerBean;
import io.github.claudejakarta.job.JobRequest;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.ext.Provider;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Resources inside the server that return our types, and leave our errors to the mapper. */
@Path("/json")
@Produces(MediaType.APPLICATION_JSON)
@RequestScoped
public class NeighbourJson {

    /** A type of the application that contains our types. */
    public record Answer(String title, Message message, Optional<StopReason> reason) {}

    /** Maps the errors of the resources. */
    @Provider
    public static class Errors extends ClaudeExceptionMapper {}

    /** Serializes the value of unknown type in {@link Answer}. */
    @Provider
    public static class Bound extends ClaudeJsonb {}

    @Inject
    ClaudeStreamingBean claude;

    @Inject
    JobManagerBean jobs;

    @GET
    @Path("message")
    public Message message() {
        return claude.send(request("sim:events=1"));
    }

    @GET
    @Path("answer")
    public Answer answer() {
        Message message = message();
        return new Answer("t", message, message.stopReason());
    }

    @GET
    @Path("jobs")
    public List<Job> jobs() throws InterruptedException {
        return List.of(
                jobs.await(jobs.submit(JobRequest.of(request("sim:status=400"))).id(), Duration.ofSeconds(30)));
    }

    @POST
    @Path("echo")
    public MessageRequest echo(MessageRequest request) {
        return request;
    }

    @GET
    @Path("refused")
    public Message refused() {
        return claude.send(request("sim:status=400"));
    }

    @GET
    @Path("canceled")
    public Message canceled() {
        ClaudeStream stream = claude.stream(request("sim:stall_at=1"));
        stream.cancel();
        return stream.message();
    }

    private static MessageRequest request(String prompt) {
        return MessageRequest.of(NeighbourApplication.MODEL, 100, prompt);
    }
}
