package io.github.claudejakarta.it.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.errors.AnthropicServiceException;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.models.messages.batches.BatchCreateParams;
import com.anthropic.models.messages.batches.BatchListParams;
import com.anthropic.models.messages.batches.MessageBatch;
import com.anthropic.models.messages.batches.MessageBatch.ProcessingStatus;
import com.anthropic.models.messages.batches.MessageBatchResult;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.ManagedBatches;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Anthropic's message batches through this server, with an official client. */
@ExtendWith(ArquillianExtension.class)
class MessageBatchesIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withWarnings("SIMULATOR");

    private static final String PATH = "/v1/messages/batches";

    private AnthropicClient client;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.upstream=simulator", "claude.base-url=", "claude.api-key=", FaultTolerance.NO_BREAKER);
    }

    @BeforeEach
    void connect() {
        client = AnthropicOkHttpClient.builder()
                .baseUrl(Api.SERVER.toString())
                .apiKey(ServerLog.KEY_MARK + "sdk")
                .maxRetries(0)
                .build();
    }

    @AfterEach
    void close() {
        client.close();
    }

    @Test
    void createsABatchAndReadsItsResults() throws Exception {
        var created = client.messages()
                .batches()
                .create(batch(
                        "sim:batch_us=200000 events=1",
                        "sim:outcome=errored error_type=overloaded_error",
                        "sim:outcome=expired",
                        "sim:outcome=canceled"));

        assertThat(created.validate().processingStatus()).isEqualTo(ProcessingStatus.IN_PROGRESS);
        assertThat(created.requestCounts().processing()).isEqualTo(4);
        assertThat(created.resultsUrl()).isEmpty();
        var ended = ended(created.id());
        assertThat(ended.requestCounts().processing()).isZero();
        assertThat(ended.requestCounts().succeeded()).isEqualTo(1);
        var results = new TreeMap<String, MessageBatchResult>();
        try (var stream = client.messages().batches().resultsStreaming(created.id())) {
            stream.stream()
                    .forEach(result ->
                            results.put(result.customId(), result.validate().result()));
        }
        assertThat(results.keySet()).containsExactly("c0", "c1", "c2", "c3");
        assertThat(results.get("c0")
                        .asSucceeded()
                        .message()
                        .content()
                        .get(0)
                        .asText()
                        .text())
                .startsWith("i=0;");
        assertThat(results.get("c1").asErrored().error().error().isOverloadedError())
                .isTrue();
        assertThat(results.get("c2").isExpired()).isTrue();
        assertThat(results.get("c3").isCanceled()).isTrue();
    }

    @Test
    void theResultsUrlReturnsTheResults() throws Exception {
        var id = client.messages()
                .batches()
                .create(batch("sim:batch_us=0 events=1", "sim:events=1"))
                .id();

        var url = ended(id).resultsUrl().orElseThrow();

        assertThat(url).isEqualTo(Api.SERVER + PATH + "/" + id + "/results");
        var results = Api.get(URI.create(url).getPath(), "anthropic-version", "2023-06-01");
        assertThat(results.headers().firstValue("content-type")).contains("application/x-jsonl");
        assertThat(results.headers().firstValue("claude-simulator")).contains("true");
        assertThat(results.body().lines().map(line -> Api.json(line).getString("custom_id")))
                .containsExactlyInAnyOrder("c0", "c1");
        assertThat(Api.get(PATH + "?limit=1").body())
                .contains("\"" + url + "\"")
                .doesNotContain("127.0.0.1");
    }

    @Test
    void listsSeveralPages() {
        var ids = new ArrayList<String>();
        for (int i = 0; i < 5; i++) {
            ids.add(client.messages().batches().create(batch("sim:batch_us=0")).id());
        }
        Collections.reverse(ids);

        var pages = client.messages()
                .batches()
                .list(BatchListParams.builder().limit(2).build());

        assertThat(pages.autoPager().stream().map(MessageBatch::id).limit(5)).isEqualTo(ids);
        var later = client.messages()
                .batches()
                .list(BatchListParams.builder().limit(2).beforeId(ids.get(2)).build());
        assertThat(later.data()).extracting(MessageBatch::id).containsExactly(ids.get(0), ids.get(1));
    }

    @Test
    void cancelsAndDeletes() throws Exception {
        var batches = client.messages().batches();
        var id = batches.create(batch("sim:batch_us=60000000", "Hi")).id();

        assertThatThrownBy(() -> batches.delete(id)).isInstanceOf(BadRequestException.class);
        assertThat(batches.cancel(id).validate().processingStatus()).isEqualTo(ProcessingStatus.CANCELING);
        assertThat(ended(id).requestCounts().canceled()).isEqualTo(2);
        assertThat(batches.delete(id).validate().id()).isEqualTo(id);
        assertThatThrownBy(() -> batches.retrieve(id)).isInstanceOf(NotFoundException.class);
    }

    @Test
    void theSdkThrowsTheSameErrorsAsWithClaude() {
        var thrown = catchThrowableOfType(
                AnthropicServiceException.class,
                () -> client.messages().batches().retrieve("msgbatch_none"));

        assertThat(thrown).isInstanceOf(NotFoundException.class);
        assertThat(thrown.requestId().orElseThrow()).startsWith("req_");
        assertThat(thrown.apiMessage().orElseThrow()).contains("msgbatch_none");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"requests\":[]}",
                "{}",
                "{",
                "[]",
                "{\"requests\":[{\"custom_id\":\"a b\",\"params\":{}}]}",
                "{\"requests\":[{\"custom_id\":\"a\",\"params\":{}},{\"custom_id\":\"a\",\"params\":{}}]}"
            })
    void anInvalidEnvelopeIsA400(String body) throws Exception {
        Api.assertError(Api.post(PATH, body, "anthropic-version", "2023-06-01"), 400, "invalid_request_error");
    }

    @ParameterizedTest
    @CsvSource({"GET,", "DELETE,", "GET,/results", "POST,/cancel"})
    void anUnknownIdIsA404(String method, String below) throws Exception {
        var request = Api.request(PATH + "/msgbatch_none" + (below == null ? "" : below))
                .method(method, BodyPublishers.noBody());

        Api.assertError(Api.send(request), 404, "not_found_error");
    }

    @Test
    void tooManyRequestsAreA413() throws Exception {
        var body = IntStream.rangeClosed(0, 100_000)
                .mapToObj(i -> "{\"custom_id\":\"c" + i + "\",\"params\":{}}")
                .collect(Collectors.joining(",", "{\"requests\":[", "]}"));

        Api.assertError(Api.post(PATH, body), 413, "request_too_large");
    }

    @Test
    void acceptsOnlyJson() throws Exception {
        var response = Api.send(Api.request(PATH)
                .header("content-type", "text/csv")
                .POST(BodyPublishers.ofString("{\"requests\":[]}")));

        Api.assertError(response, 415, "invalid_request_error");
    }

    @Test
    void aLargeBatchIsForwarded() throws Exception {
        var other = ManagedBatches.item("c0", "sim:events=1 size=300").substring("{\"custom_id\":\"c0\"".length());
        var body = IntStream.range(1, 20_000)
                .mapToObj(i -> "{\"custom_id\":\"c" + i + "\"" + other)
                .collect(Collectors.joining(
                        ",", "{\"requests\":[" + ManagedBatches.item("c0", "sim:batch_us=0 events=1") + ",", "]}"));
        var id = Api.json(Api.post(PATH, body).body()).getString("id");

        var results = Api.get(PATH + "/" + id + "/results");

        assertThat(results.body().lines().map(line -> line.split("\"", 5)[3]).distinct())
                .hasSize(20_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"reset", "fin"})
    void anInterruptedDownloadNeverEndsCleanly(String mode) throws Exception {
        var prompts = new ArrayList<>(List.of("sim:batch_us=0 events=1 batch_cut_at=2 cut_mode=" + mode));
        prompts.addAll(Collections.nCopies(4, "sim:events=1 size=2000"));
        var id = client.messages()
                .batches()
                .create(batch(prompts.toArray(String[]::new)))
                .id();
        ended(id);

        assertThatThrownBy(() -> Api.get(PATH + "/" + id + "/results")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> {
                    try (var stream = client.messages().batches().resultsStreaming(id)) {
                        stream.stream().forEach(result -> {});
                    }
                })
                .isInstanceOf(RuntimeException.class);
    }

    @Test
    void aFailedCreationIsReportedImmediately() throws Exception {
        var before = Api.json(Api.get(PATH + "?limit=1000").body())
                .getJsonArray("data")
                .size();

        for (var fault : List.of(
                "batch_status=500 error_type=api_error times=1 key=it-once", "batch_lost=before times=1 key=it-lost")) {
            var response =
                    Api.post(PATH, "{\"requests\":[" + ManagedBatches.item("a", "sim:batch_us=0 " + fault) + "]}");
            assertThat(response.statusCode()).as(fault).isEqualTo(500);
        }

        assertThat(Api.json(Api.get(PATH + "?limit=1000").body()).getJsonArray("data"))
                .hasSize(before);
    }

    private MessageBatch ended(String id) throws Exception {
        Api.await(
                "the end of " + id,
                () -> client.messages()
                        .batches()
                        .retrieve(id)
                        .processingStatus()
                        .equals(ProcessingStatus.ENDED));
        return client.messages().batches().retrieve(id).validate();
    }

    private static BatchCreateParams batch(String... prompts) {
        var batch = BatchCreateParams.builder();
        for (int i = 0; i < prompts.length; i++) {
            batch.addRequest(BatchCreateParams.Request.builder()
                    .customId("c" + i)
                    .params(BatchCreateParams.Request.Params.builder()
                            .model("claude-opus-5-5")
                            .maxTokens(1024)
                            .addUserMessage(prompts[i])
                            .build())
                    .build());
        }
        return batch.build();
    }
}
