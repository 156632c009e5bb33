import io.github.claudejakarta.generated.rest.ApiClient;
import io.github.claudejakarta.generated.rest.api.BatchesApi;
import io.github.claudejakarta.generated.rest.api.JobsApi;
import io.github.claudejakarta.generated.rest.api.UsageApi;
import io.github.claudejakarta.generated.rest.model.BatchRequest;
import io.github.claudejakarta.generated.rest.model.BatchRequests;
import io.github.claudejakarta.generated.rest.model.JobRequest;
import io.github.claudejakarta.generated.rest.model.MessageParam;
import io.github.claudejakarta.generated.rest.model.MessageRequest;
import java.time.Duration;
import java.util.Map;

/** Calls the server with the client that OpenAPI Generator generates with {@code library=restclient}. */
public final class RestClientCalls {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private RestClientCalls() {
    }

    /** Makes calls of some kinds, and returns the answers. */
    public static Map<String, Object> call(String server) throws InterruptedException {
        var client = new ApiClient().setBasePath(server);
        var jobs = new JobsApi(client);
        var request = new MessageRequest().model("claude-opus-5-5").maxTokens(64).addMessagesItem(new MessageParam().role("user").content("sim:events=3 Hello"));
        var submitted = jobs.submitJob(new JobRequest().request(request), null, null, null, null, null);
        var job = jobs.getJob(submitted.getId(), "wait=30");
        var batches = new BatchesApi(client);
        var batch = batches.submitBatch(new BatchRequests().addRequestsItem(new BatchRequest().customId("a").params(request)), null, null, null, null, null, null, null);
        for (long deadline = System.nanoTime() + TIMEOUT.toNanos(); !batch.getStatus().equals("ended") && System.nanoTime() < deadline; Thread.sleep(50)) {
            batch = batches.getBatch(batch.getId());
        }
        return Map.of("job", job.getStatus() + " " + job.getMessage().getContent().get(0).getType(),
            "usage", new UsageApi(client).getUsage(null, null, null, null).getTotal().getRequests() >= 0,
            "results of the batch", batches.getBatchResults(batch.getId()).get(0).getResult().getType());
    }
}
