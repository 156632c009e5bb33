import io.github.claudejakarta.generated.natively.ApiClient;
import io.github.claudejakarta.generated.natively.ApiException;
import io.github.claudejakarta.generated.natively.api.BatchesApi;
import io.github.claudejakarta.generated.natively.api.JobsApi;
import io.github.claudejakarta.generated.natively.api.MessagesApi;
import io.github.claudejakarta.generated.natively.api.StreamsApi;
import io.github.claudejakarta.generated.natively.api.UsageApi;
import io.github.claudejakarta.generated.natively.model.BatchRequest;
import io.github.claudejakarta.generated.natively.model.BatchRequests;
import io.github.claudejakarta.generated.natively.model.Job;
import io.github.claudejakarta.generated.natively.model.JobForm;
import io.github.claudejakarta.generated.natively.model.JobRequest;
import io.github.claudejakarta.generated.natively.model.MessageParam;
import io.github.claudejakarta.generated.natively.model.MessageRequest;
import io.github.claudejakarta.generated.natively.model.ResultLine;
import io.github.claudejakarta.generated.natively.model.UsageReport;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Calls the server with the client that OpenAPI Generator generates with {@code library=native}. */
public final class NativeCalls {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final String server;
    private final ApiClient client;

    private NativeCalls(String server) {
        this.server = server;
        client = new ApiClient();
        client.updateBaseUri(server);
        client.setReadTimeout(TIMEOUT);
    }

    /** Makes one call of each kind, and returns the answers. */
    public static Map<String, Object> call(String server) throws Exception {
        var calls = new NativeCalls(server);
        var answers = new LinkedHashMap<String, Object>();
        calls.message(answers);
        calls.jobByJson(answers);
        calls.jobByForm(answers);
        calls.lists(answers);
        calls.batch(answers);
        calls.stream(answers);
        calls.usage(answers);
        calls.error(answers);
        return answers;
    }

    private static MessageRequest request(Object content) {
        return new MessageRequest().model("claude-opus-5-5").maxTokens(64).addMessagesItem(new MessageParam().role("user").content(content));
    }

    private void message(Map<String, Object> answers) throws ApiException {
        var message = new MessagesApi(client).createMessage(request(List.of(Map.of("type", "text", "text", "sim:events=3 Hello"))).system("Be brief."), null, null, null);
        answers.put("message", message.getRole() + " " + message.getStopReason() + " " + message.getUsage().getOutputTokens().getClass().getSimpleName());
        answers.put("message text", message.getContent().get(0).getText());
    }

    private void jobByJson(Map<String, Object> answers) throws ApiException {
        var jobs = new JobsApi(client);
        Job submitted = jobs.submitJob(new JobRequest().request(request("sim:events=3 Hello")).metadata(Map.of("case", 4711)), null, null, null, null, null);
        Job job = jobs.getJob(submitted.getId(), "wait=30");
        answers.put("job by JSON", job.getType() + " " + job.getStatus() + " " + job.getMetadata() + " " + (job.getEndedAt() != null));
        answers.put("job text", job.getMessage().getContent().get(0).getText());
    }

    /** Generated clients send JSON. They have a model of the form, which encodes itself. */
    private void jobByForm(Map<String, Object> answers) throws Exception {
        var form = new JobForm().model("claude-opus-5-5").maxTokens(64).prompt("sim:events=3 Hello & good-bye").system("Be brief.");
        var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        var response = http.send(HttpRequest.newBuilder(URI.create(server + "/v1/jobs")).timeout(TIMEOUT)
            .header("content-type", "application/x-www-form-urlencoded").header("prefer", "wait=30")
            .POST(HttpRequest.BodyPublishers.ofString(form.toUrlQueryString())).build(), BodyHandlers.ofString());
        var job = client.getObjectMapper().readValue(response.body(), Job.class);
        answers.put("job by form", response.statusCode() + " " + job.getStatus());
    }

    private void lists(Map<String, Object> answers) throws ApiException {
        var jobs = new JobsApi(client).listJobs(null, 1, null, null);
        answers.put("list of jobs", jobs.getData().size() + " " + jobs.getHasMore() + " " + jobs.getData().get(0).getId().equals(jobs.getFirstId()));
        answers.put("list of models", new MessagesApi(client).listModels(null, 1, null, null).getData().get(0).getType().getValue());
    }

    private void batch(Map<String, Object> answers) throws Exception {
        var batches = new BatchesApi(client);
        var submitted = batches.submitBatch(new BatchRequests()
            .addRequestsItem(new BatchRequest().customId("a").params(request("sim:batch_us=1000 events=3 Hello")))
            .addRequestsItem(new BatchRequest().customId("b").params(request("sim:outcome=expired"))), null, null, null, null, null, null, null);
        var batch = submitted;
        for (long deadline = System.nanoTime() + TIMEOUT.toNanos(); !batch.getStatus().equals("ended") && System.nanoTime() < deadline; Thread.sleep(50)) {
            batch = batches.getBatch(submitted.getId());
        }
        answers.put("batch", batch.getStatus() + " " + batch.getRequests() + " " + batch.getRequestCounts().getSucceeded() + " "
            + batch.getParts().get(0).getNumber() + " " + batch.getUsage().getModels().get(0).getModel());
        var results = batches.getBatchResults(submitted.getId());
        results.sort(Comparator.comparing(ResultLine::getCustomId));
        answers.put("results of the batch", results.get(0).getResult().getMessage().getStopReason() + " " + results.get(1).getResult().getType());
    }

    private void stream(Map<String, Object> answers) throws Exception {
        var streams = new StreamsApi(client);
        var started = streams.createStream(request("sim:events=3 Hello"), null, null, null);
        var stream = started;
        for (long deadline = System.nanoTime() + TIMEOUT.toNanos(); stream.getStatus().equals("running") && System.nanoTime() < deadline; Thread.sleep(50)) {
            stream = streams.getStream(started.getId(), null, null);
        }
        answers.put("stream", stream.getStatus() + " " + stream.getMessage().getStopReason() + " " + (stream.getEvents() > 3));
    }

    private void usage(Map<String, Object> answers) throws Exception {
        var usage = new UsageApi(client);
        var report = usage.getUsage(null, null, null, null);
        // Usage is stored once a second. Other tests on the same server have rows of their own.
        for (long deadline = System.nanoTime() + TIMEOUT.toNanos(); !hasModel(report) && System.nanoTime() < deadline; Thread.sleep(200)) {
            report = usage.getUsage(null, null, null, null);
        }
        answers.put("usage", hasModel(report) + " " + (report.getTotal().getInputTokens() > 0));
    }

    private static boolean hasModel(UsageReport report) {
        return report.getData().stream().anyMatch(row -> "claude-opus-5-5".equals(row.getModel()));
    }

    private void error(Map<String, Object> answers) {
        try {
            new JobsApi(client).getJob("job_none", null);
        } catch (ApiException e) {
            answers.put("error", e.getCode());
        }
    }
}
