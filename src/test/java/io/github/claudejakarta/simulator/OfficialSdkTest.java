package io.github.claudejakarta.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client that others wrote takes the simulator for Claude. */
class OfficialSdkTest {

    private Simulator simulator;
    private AnthropicClient client;

    @BeforeEach
    void start() throws Exception {
        simulator = Simulator.start(Thread::new);
        client = AnthropicOkHttpClient.builder().baseUrl(simulator.baseUri().toString()).apiKey("any").build();
    }

    @AfterEach
    void close() {
        client.close();
        simulator.close();
    }

    @Test
    void accumulatesThinkingTextAndAToolCall() {
        var accumulator = MessageAccumulator.create();
        try (var stream = client.messages().createStreaming(params("sim:events=3 thinking=1 tool=1 unknown=1 ping_every=2"))) {
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
    void readsAMessageAfterTwoRetriesAndPagesOverTheModels() {
        Message message = client.messages().create(params("sim:status=529 retry_after_ms=1 times=2 key=sdk events=1 size=3"));

        assertThat(message.content().get(0).asText().text()).isEqualTo("i=0;The");
        assertThat(simulator.counts().requests()).isEqualTo(3);
        assertThat(client.models().list().autoPager().stream()).hasSize(6 + ScriptedModel.values().length);
    }

    private static MessageCreateParams params(String prompt) {
        return MessageCreateParams.builder().model("claude-opus-5-5").maxTokens(1024).addUserMessage(prompt).build();
    }
}
