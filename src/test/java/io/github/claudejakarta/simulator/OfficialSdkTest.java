package io.github.claudejakarta.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.errors.NotFoundException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.Usage;
import com.anthropic.models.messages.batches.BatchCreateParams;
import com.anthropic.models.messages.batches.BatchListParams;
import com.anthropic.models.messages.batches.MessageBatch;
import com.anthropic.models.messages.batches.MessageBatchResult;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Anthropic's SDK works with the simulator. */
class OfficialSdkTest {

    private Simulator simulator;
    private AnthropicClient client;

    @BeforeEach
    void start() throws Exception {
        simulator = Simulator.start(Thread::new);
        client = AnthropicOkHttpClient.builder()
                .baseUrl(simulator.baseUri().toString())
                .apiKey("any")
                .build();
    }

    @AfterEach
    void close() {
        client.close();
        simulator.close();
    }

    @Test
    void accumulatesThinkingTextAndAToolCall() {
        var accumulator = MessageAccumulator.create();
        try (var stream =
                client.messages().createStreaming(params("sim:events=3 thinking=1 tool=1 unknown=1 ping_every=2"))) {
            stream.stream().forEach(accumulator::accumulate);
        }
        var message = accumulator.message();

        assertThat(message.content()).hasSize(3);
        assertThat(message.content().get(0).asThinking().signature()).isNotEmpty();
        assertThat(message.content().get(1).asText().text()).startsWith("i=0;");
        assertThat(message.content().get(2).asToolUse().name()).isEqualTo("get_weather");
        assertThat(message.usage().outputTokens()).isEqualTo(3);
        assertThat(simulator.requests().get(0).carries("any")).isTrue();
    }

    @Test
    void readsAMessageAfterTwoRetriesAndPagesOfModels() {
        Message message =
                client.messages().create(params("sim:status=529 retry_after_ms=1 times=2 key=sdk events=1 size=3"));

        assertThat(message.content().get(0).asText().text()).isEqualTo("i=0;The");
        assertThat(simulator.counts().requests()).isEqualTo(3);
        assertThat(client.models().list().autoPager().stream()).hasSize(6 + ScriptedModel.values().length);
    }

    @Test
    void createsABatchAndReadsItsResults() {
        var created = client.messages()
                .batches()
                .create(batch(
                        "sim:batch_us=0 events=1",
                        "sim:outcome=errored error_type=overloaded_error",
                        "sim:outcome=expired",
                        "sim:outcome=canceled"));
        var batch = client.messages().batches().retrieve(created.id());
        var results = new TreeMap<String, MessageBatchResult>();
        try (var stream = client.messages().batches().resultsStreaming(batch.id())) {
            stream.stream()
                    .forEach(result ->
                            results.put(result.customId(), result.validate().result()));
        }

        assertThat(created.validate().expiresAt()).isEqualTo(created.createdAt().plusDays(1));
        assertThat(batch.validate().processingStatus()).isEqualTo(MessageBatch.ProcessingStatus.ENDED);
        assertThat(batch.requestCounts().succeeded()).isEqualTo(1);
        assertThat(batch.resultsUrl().orElseThrow())
                .startsWith(simulator.baseUri().toString());
        assertThat(results.keySet()).containsExactly("c0", "c1", "c2", "c3");
        assertThat(results.get("c0").asSucceeded().message().usage().serviceTier())
                .contains(Usage.ServiceTier.BATCH);
        assertThat(results.get("c1").asErrored().error().error().isOverloadedError())
                .isTrue();
        assertThat(results.get("c2").isExpired()).isTrue();
        assertThat(results.get("c3").isCanceled()).isTrue();
    }

    @Test
    void listsCancelsAndDeletesBatches() {
        for (var count = 0; count < 5; count++) {
            client.messages().batches().create(batch("sim:batch_us=" + (count == 4 ? 0 : 60_000_000)));
        }
        var pages = client.messages()
                .batches()
                .list(BatchListParams.builder().limit(2).build());

        assertThat(pages.autoPager().stream().map(MessageBatch::id)).isEqualTo(simulator.batches());
        assertThat(client.messages()
                        .batches()
                        .cancel(simulator.batches().get(1))
                        .validate()
                        .processingStatus())
                .isEqualTo(MessageBatch.ProcessingStatus.CANCELING);
        var ended = simulator.batches().get(0);
        assertThat(client.messages().batches().delete(ended).validate().id()).isEqualTo(ended);
        assertThatThrownBy(() -> client.messages().batches().retrieve(ended)).isInstanceOf(NotFoundException.class);
    }

    @Test
    void aRetriedCreationCreatesADuplicate() {
        var created = client.messages().batches().create(batch("sim:batch_lost=1 times=1 key=sdk-lost"));

        assertThat(simulator.batches()).hasSize(2).startsWith(created.id());
    }

    private static BatchCreateParams batch(String... prompts) {
        var batch = BatchCreateParams.builder();
        for (var index = 0; index < prompts.length; index++) {
            batch.addRequest(BatchCreateParams.Request.builder()
                    .customId("c" + index)
                    .params(BatchCreateParams.Request.Params.builder()
                            .model("claude-opus-5-5")
                            .maxTokens(1024)
                            .addUserMessage(prompts[index])
                            .build())
                    .build());
        }
        return batch.build();
    }

    private static MessageCreateParams params(String prompt) {
        return MessageCreateParams.builder()
                .model("claude-opus-5-5")
                .maxTokens(1024)
                .addUserMessage(prompt)
                .build();
    }
}
